"""One way to run one encoder: texts a second, latency of one text, memory, accuracy.

Contenders: ``undercut`` (an artefact folder on a backend), ``chosen`` (the whole artefact that a
run promoted, stack and all), ``pipeline`` (a plain transformers
folder) and ``sentence_transformers`` (its encoder with our head). Each is asked for all test texts.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.clock import measured
from benchmarks.part import serve

Answer = Callable[[list[str]], list[str]]


def with_precision(folder: Path, precision: str, place: Path) -> Path:
    """Return a copy of an artefact that asks its backend for a number format."""
    from undercut.store import artefacts

    copy = place / "artefact"
    shutil.copytree(folder, copy)
    config = artefacts.read_manifest(copy, verify=False).config
    artefacts.amend(copy, config=config | {"precision": precision})
    return copy


def _undercut(request: dict[str, Any], place: Path) -> tuple[Answer, Any, dict[str, Any]]:
    import undercut
    from undercut.predict.leaf import LeafScorer

    folder = Path(request["folder"])
    if request.get("precision"):
        folder = with_precision(folder, request["precision"], place)
    model = undercut.load(folder, request.get("backend") or None, threads=request["threads"])
    tokenised = None
    if isinstance(model._scorer, LeafScorer):
        leaf = model._scorer
        tokenised = (leaf.frontend.prepare, leaf.score_prepared)
    about = {"format": model.manifest.format, "compression": model.manifest.compression}
    return lambda texts: [p.label for p in model.predict(texts)], tokenised, about


def _pipeline(request: dict[str, Any], place: Path) -> tuple[Answer, Any, dict[str, Any]]:
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    pipe = pipeline("text-classification", model=request["folder"], device="cpu")
    extra = {"batch_size": request["batch_size"]} if request["batch_size"] else {}
    return lambda texts: [x["label"] for x in pipe(texts, **extra)], None, {}


def _sentence_transformers(
    request: dict[str, Any], place: Path
) -> tuple[Answer, Any, dict[str, Any]]:
    import torch
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    folder = Path(request["folder"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    config = manifest["config"]
    if request["backend"] != "torch":
        # Its own export needs optimum, which is stuck on an older transformers.
        __import__("optimum")
    body = Transformer(str(folder), max_seq_length=config.get("max_tokens", 256))
    pooled = Pooling(
        body.get_word_embedding_dimension(), pooling_mode=config.get("pooling", "mean")
    )
    model = SentenceTransformer(modules=[body, pooled, Normalize()], device="cpu")
    if request.get("precision") == "bfloat16":
        model = model.to(torch.bfloat16)
    head = load_file(folder / "head.safetensors")
    weight, labels = config.get("scale", 1.0) * head["weight"].T, manifest["labels"]

    def answer(texts: list[str]) -> list[str]:
        e = model.encode(texts, batch_size=request["batch_size"], show_progress_bar=False)
        return [labels[i] for i in (e @ weight + head["bias"]).argmax(1)]

    return answer, None, {}


OPENERS = {
    "undercut": _undercut,
    "chosen": _undercut,
    "pipeline": _pipeline,
    "sentence_transformers": _sentence_transformers,
}


def rates(work: Callable[[], Any], texts: int, seconds: float) -> tuple[float, float]:
    """Return the median texts a second of passes, and CPU milliseconds a text."""
    found: list[float] = []
    with measured() as usage:
        begin = time.perf_counter()
        while not found or time.perf_counter() - begin < seconds:
            t = time.perf_counter()
            work()
            found.append(texts / (time.perf_counter() - t))
    return statistics.median(found), 1e3 * usage.cpu_seconds / (len(found) * texts)


def latencies(answer: Answer, texts: list[str]) -> tuple[float, float]:
    """Return p50 and p99 of single texts, in milliseconds, once each has been seen."""
    for text in texts:
        answer([text])
    took = []
    for text in texts:
        t = time.perf_counter()
        answer([text])
        took.append(1e3 * (time.perf_counter() - t))
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Open a contender and ask it for all texts, again and again, then one by one."""
    from undercut.ledger.meter import peak_memory_bytes

    texts, labels = request["texts"], request["labels"]
    with tempfile.TemporaryDirectory() as place:
        begin = time.perf_counter()
        answer, tokenised, about = OPENERS[request["kind"]](request, Path(place))
        answer(texts[:64])
        opened = time.perf_counter() - begin
        right = [a == b for a, b in zip(answer(texts), labels, strict=True)]
        rate, cpu = rates(lambda: answer(texts), len(texts), request["seconds"])
        found = about | {
            # A plain pipeline has a head of its own, which nobody trained.
            "accuracy": None if request["kind"] == "pipeline" else statistics.fmean(right),
            "texts_per_second": rate,
            "cpu_ms_a_text": cpu,
            "texts_per_second_tokenised": None,
            "open_seconds": opened,
        }
        if tokenised:
            prepare, score = tokenised
            ready = prepare(texts)
            only, _ = rates(lambda: score(ready), len(texts), request["seconds"])
            found["texts_per_second_tokenised"] = only
        found["p50_ms"], found["p99_ms"] = latencies(answer, texts[: request["singles"]])
    return found | {"peak_memory_bytes": peak_memory_bytes()}


if __name__ == "__main__":
    serve(run)
