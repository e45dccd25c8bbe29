"""What both fine-tuning peers share: the base model, tokenised rows, and the timed row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.clock import StepClock, extrapolate
from benchmarks.datasets import Split

EPOCHS = 5
BATCH = 16
LEARNING_RATES = (2e-5, 5e-5)
MAX_TOKENS = 128
BASE = "minilm"


def base_folder() -> Path:
    """Return the folder of the pretrained model that every contender starts from."""
    from undercut.models.encoder.base import resolve

    return resolve(BASE).folder


def open_base(split: Split) -> tuple[Any, Any]:
    """Return ``(tokenizer, model)`` as a tutorial makes them: encoder, pooler, new head."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    folder = str(base_folder())
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(split.classes)
    )
    return AutoTokenizer.from_pretrained(folder), model


def targets(split: Split, which: str) -> list[int]:
    """Return the labels of ``train`` or ``test`` as class numbers."""
    at = {name: i for i, name in enumerate(split.classes)}
    return [at[x] for x in getattr(split, which).labels]


def total_steps(rows: int) -> int:
    """Return the optimiser steps of the whole recipe; the last batch may be short."""
    return EPOCHS * -(-rows // BATCH)


def timed(clock: StepClock, rows: int) -> dict[str, Any]:
    """Return the fields of a row whose time is extrapolated from timed steps."""
    steps = total_steps(rows)
    return {
        "extrapolated": True,
        "steps_timed": len(clock.cpu),
        "steps_warm_up": clock.warm_up,
        "steps_total": steps,
        "cpu_seconds": extrapolate(clock.cpu, steps),
        "wall_seconds": extrapolate(clock.wall, steps),
    }


def accuracy(predicted: Any, wanted: list[int]) -> float:
    """Return the share of right answers."""
    return sum(int(p) == y for p, y in zip(predicted, wanted, strict=True)) / len(wanted)
