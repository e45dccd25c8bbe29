"""Hugging Face Trainer: dynamic padding; grouped by length; grouped by length in bf16.

Only optimiser steps are timed: imports, tokenising and evaluation are free. Grouping by length
sorts blocks of 50 batches, so the sample is 50 steps: as many short batches as long ones.
"""

from __future__ import annotations

import tempfile
from typing import Any

from benchmarks import datasets
from benchmarks.clock import StepClock, measured
from benchmarks.part import serve
from benchmarks.peers_common import (
    BATCH,
    EPOCHS,
    LEARNING_RATES,
    MAX_TOKENS,
    accuracy,
    open_base,
    targets,
    timed,
)

WARM_UP = 5
STEPS = 50
RECIPES: dict[str, dict[str, Any]] = {
    "trainer": {},
    "trainer, grouped by length": {"train_sampling_strategy": "group_by_length"},
    "trainer, grouped by length, bf16": {
        "train_sampling_strategy": "group_by_length",
        "bf16": True,
    },
}
SETTINGS = {
    "model": "AutoModelForSequenceClassification on the same base",
    "padding": "dynamic (DataCollatorWithPadding)",
    "max_length": MAX_TOKENS,
    "per_device_train_batch_size": BATCH,
    "num_train_epochs": EPOCHS,
    "learning_rates": list(LEARNING_RATES),
    "other": "defaults of TrainingArguments",
    "recipes": RECIPES,
    "steps_timed_a_round": STEPS,
    "steps_warm_up": WARM_UP,
}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Time a sample of steps, or with ``full`` run all of them and score the test rows."""
    import torch
    from transformers import (
        DataCollatorWithPadding,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        set_seed,
    )

    split = datasets.read("banking77", request["data"])
    full, rate = bool(request["full"]), float(request["learning_rate"])
    set_seed(request["seed"])
    tokenizer, model = open_base(split)

    def rows(which: str) -> list[dict[str, Any]]:
        texts = getattr(split, which).texts
        ids = tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        y = targets(split, which)
        return [{"input_ids": i, "labels": label} for i, label in zip(ids, y, strict=True)]

    clock = StepClock(WARM_UP)

    class Ticker(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            clock.tick()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.tick()

    with tempfile.TemporaryDirectory() as place:
        arguments = TrainingArguments(
            output_dir=place,
            num_train_epochs=EPOCHS,
            max_steps=-1 if full else WARM_UP + int(request["steps"]),
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=64,
            learning_rate=rate,
            seed=request["seed"],
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **RECIPES[request["recipe"]],
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=rows("train"),
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[Ticker()],
        )
        with measured() as usage:
            trainer.train()
        row = timed(clock, len(split.train)) | {
            "recipe": request["recipe"],
            "learning_rate": rate,
            "seed": request["seed"],
            "torch_threads": torch.get_num_threads(),
            "accuracy": None,
        }
        if full:
            guesses = trainer.predict(rows("test")).predictions.argmax(1)
            row |= {"extrapolated": False, "accuracy": accuracy(guesses, targets(split, "test"))}
            row |= {k: {"value": v} for k, v in usage.as_json().items()}
    return row


if __name__ == "__main__":
    serve(run)
