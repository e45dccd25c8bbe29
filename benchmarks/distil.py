"""Cheap students of a stack: hashed from labels alone, hashed distilled, static word pieces.

The teacher is the product's own ``partial`` run (``linear`` for Chinese), in its uncompressed form.
Students learn from the published training rows, a tenth of them held out for the temperature
and taught at the end; test rows are read once, by the finished artefacts. Texts a second are of one
thread, raw text to scores and likeliest label, and raw text to whole prediction objects.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import datasets, ours
from benchmarks.part import call, serve

TEACHERS = {"banking77": "partial", "sst2": "partial", "thucnews_titles": "linear"}
"""Data set -> the method whose run gives the teacher."""
STUDENTS = ("hashed", "distil-hashed", "distil-static")
ROUNDS, LEAST_TEXTS, MOST_TEXTS, SECONDS = 5, 500, 20_000, 2.0
SETTINGS = {
    "teachers": TEACHERS,
    "threads": 1,
    "rounds": ROUNDS,
    "options": "defaults; trust was chosen on validation rows of banking77",
    "texts": f"the test rows, repeated to at most {MOST_TEXTS:,}",
}


def measure(name: str, seed: int, data: Path, work: Path, threads: int) -> list[dict[str, Any]]:
    """Return one row for the teacher and each student; the teacher's run is made now or kept."""
    split = datasets.read(name, data)
    method = TEACHERS[name]
    place = ours.workspace(work, name, method, seed).resolve()
    models = sorted(place.glob("out/runs/*/model"))
    if not models:
        ours.start(split, method, seed, work, threads)
        models = sorted(place.glob("out/runs/*/model"))
    request = {
        "dataset": name,
        "data": str(data),
        "seed": seed,
        "workspace": str(place / "out"),
        "model": str(models[0]),
    }
    rows: list[dict[str, Any]] = call("benchmarks.distil", request, threads=1)["rows"]
    return rows


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Teach all students of one teacher and answer the test rows with each."""
    from undercut.pipeline.references import References

    split = datasets.read(request["dataset"], request["data"])
    model = Path(request["model"])
    teacher = References(model, Path(request["workspace"])).root(model) or model
    rows = [_row(request, "teacher", teacher, split, None)]
    with tempfile.TemporaryDirectory() as place:
        for student in STUDENTS:
            out = Path(place) / student
            if student == "distil-static" and not _has_encoder(teacher):
                continue
            cpu = time.process_time()
            _make(student, teacher, out, split, request["seed"], Path(place))
            rows.append(_row(request, student, out, split, time.process_time() - cpu))
            shutil.rmtree(out)
    return {"rows": rows}


def _has_encoder(folder: Path) -> bool:
    return any("tokenizer.json" in str(p) for p in folder.rglob("tokenizer.json"))


def _make(
    student: str, teacher: Path, out: Path, split: datasets.Split, seed: int, place: Path
) -> None:
    """Write one student; the teacher's answers are computed again for each, so that each pays."""
    from undercut.core import plugins
    from undercut.core.types import Examples
    from undercut.data.splits import split as divide
    from undercut.pipeline.forms import Material, shrink

    whole = Examples(split.train.texts, split.train.labels, [""] * len(split.train))
    parts = divide(whole, str, datasets.VALID_SHARE, seed)
    rows, held = whole.take(parts.train), whole.take(parts.valid)
    if student == "hashed":
        _fit(out, teacher, rows, held, seed)
        return
    info = plugins.get("compressor", student)
    options = plugins.attr(info.options)()
    shrink(teacher, out, student, student, options, Material(rows=rows, valid=held, seed=seed))


def _fit(out: Path, teacher: Path, rows: Any, held: Any, seed: int) -> None:
    """Fit the ``hashed`` method as a run does: choose, then fit again on all rows."""
    from undercut.core import plugins
    from undercut.core.contracts import FitJob
    from undercut.core.types import Manifest
    from undercut.store import artefacts

    like = artefacts.read_manifest(teacher, verify=False)
    way = plugins.way("hashed", like.task)
    job = FitJob(
        task=plugins.attr(plugins.get("task", like.task).load)(),
        labels=like.labels,
        train=rows,
        valid=held,
        options=plugins.attr(way.options)(),
        seed=seed,
        threads=1,
        base="",
        out=out.with_name("first"),
        cache=out.parent,
    )
    job.out.mkdir()
    job.fixed = plugins.attr(way.fit)(job).choices
    shutil.rmtree(job.out)
    job.train, job.valid = rows.plus(held), None

    def fill(folder: Path) -> None:
        job.out = folder
        plugins.attr(way.fit)(job)

    config = {"ngrams": job.options.spec.as_json(), "temperature": job.fixed["temperature"]}
    manifest = Manifest(
        name="hashed",
        task=like.task,
        architecture=way.architecture,
        format=way.architecture,
        method="hashed",
        labels=like.labels,
        config=config,
    )
    artefacts.write(out, manifest, fill)


def _row(
    request: dict[str, Any], name: str, folder: Path, split: datasets.Split, cpu: float | None
) -> dict[str, Any]:
    """Answer the test rows and time it."""
    import undercut
    from undercut.store.files import size_of

    predictor = undercut.load(folder, threads=1)
    texts = split.test.texts
    answers = predictor.predict(texts)
    wrong = [
        i for i, (a, y) in enumerate(zip(answers, split.test.labels, strict=True)) if a.label != y
    ]

    def labels(texts: list[str]) -> None:
        predictor.task.answers(predictor.score(texts).log_probs, texts, predictor.labels)

    return {
        "dataset": request["dataset"],
        "seed": request["seed"],
        "name": name,
        "accuracy": 1 - len(wrong) / len(texts),
        "wrong": wrong,
        "cpu_seconds": None if cpu is None else round(cpu, 3),
        "size_bytes": size_of(folder),
        "backend": _backend(predictor),
        "to_label": rates(labels, texts),
        "to_prediction": rates(predictor.predict, texts),
    }


def _backend(predictor: Any) -> str:
    """Return the backend of a model; a stack's parts each have their own."""
    session = getattr(predictor._scorer, "wide", None)
    return "" if session is None else type(session).__module__.split(".")[-2]


def rates(work: Any, texts: list[str]) -> dict[str, float]:
    """Return texts a second of wall time and of processor time, medians of the rounds."""
    begin = time.perf_counter()
    work(texts[:LEAST_TEXTS])
    each = (time.perf_counter() - begin) / min(len(texts), LEAST_TEXTS)
    n = int(min(MOST_TEXTS, max(SECONDS / each, LEAST_TEXTS)))
    many = (texts * (n // len(texts) + 1))[:n]
    wall, cpu = [], []
    for _ in range(ROUNDS):
        t, c = time.perf_counter(), time.process_time()
        work(many)
        wall.append(n / (time.perf_counter() - t))
        cpu.append(n / max(time.process_time() - c, 1e-9))
    return {
        "wall": round(statistics.median(wall)),
        "cpu": round(statistics.median(cpu)),
        "texts": n,
    }


if __name__ == "__main__":
    serve(run)
