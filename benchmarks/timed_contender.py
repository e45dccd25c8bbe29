"""Time one contender's answers to the same texts, tokenising included, in this process.

Contenders: ``undercut`` (an artefact folder) and ``pipeline`` (a transformers model folder).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.clock import measured
from benchmarks.part import serve

LEAST_PASSES = 3


def _undercut(request: dict[str, Any]) -> tuple[Callable[[list[str]], Any], dict[str, Any]]:
    import undercut

    model = undercut.load(request["folder"], threads=request["threads"])
    return model.predict, {"artefact_format": model.manifest.format}


def _pipeline(request: dict[str, Any]) -> tuple[Callable[[list[str]], Any], dict[str, Any]]:
    import torch
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    pipe = pipeline("text-classification", model=request["folder"], device="cpu")
    extra = {"batch_size": request["batch_size"]} if request["batch_size"] else {}
    model = pipe.model
    return lambda texts: pipe(texts, **extra), {
        "dtype": str(model.dtype),
        "attention": model.config._attn_implementation,
        "layers": model.config.num_hidden_layers,
        "torch_threads": torch.get_num_threads(),
    }


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Answer the texts for at least ``seconds`` and three passes; return texts a second."""
    opened = {"undercut": _undercut, "pipeline": _pipeline}[request["kind"]]
    answer, about = opened(request)
    texts = request["texts"]
    answer(texts[:64])
    rates: list[float] = []
    with measured() as usage:
        begin = time.perf_counter()
        while len(rates) < LEAST_PASSES or time.perf_counter() - begin < request["seconds"]:
            t = time.perf_counter()
            answers = answer(texts)
            rates.append(len(texts) / (time.perf_counter() - t))
            assert len(answers) == len(texts)
    return about | {
        "texts_per_second": statistics.median(rates),
        "passes": len(rates),
        "cpu_ms_a_text": 1e3 * usage.cpu_seconds / (len(rates) * len(texts)),
    }


if __name__ == "__main__":
    serve(run)
