"""Cascades end to end: texts a second and accuracy against the dear model alone, on test rows.

Thresholds are chosen by ``undercut cascade`` on validation rows with its own margin; the test rows
are scored once. Streams are made of test rows: a skewed one repeats some of them (Zipf's law), a
drifted one has rows of another data set mixed in, to which no label is right.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import datasets
from benchmarks.paired import mcnemar
from benchmarks.part import serve

SETS = {
    "banking77": ("hashed", "partial"),
    "sst2": ("hashed", "partial"),
    "thucnews_titles": ("linear", "linear"),
}
"""Set -> method of the first tier and of the last. Where there is no such method: linear."""
PLAIN = {"words": 1, "char_max": 0}
"""Options of a linear first tier in front of a linear last one: single words alone."""
DROPS = (0.5, 1.0, 2.0)
"""Goals, in points."""
STREAM, ZIPF, OUTSIDE = 6_000, 1.1, 0.3
FOREIGN = {"banking77": "sst2", "sst2": "banking77", "thucnews_titles": "waimai_10k"}
BATCH = 64
SETTINGS = {
    "tiers": {name: " in front of ".join(pair) for name, pair in SETS.items()},
    "goal": "largest loss against the last tier alone, surely: "
    + ", ".join(f"{d:g} points" for d in DROPS),
    "streams": f"{STREAM:,} texts in batches of {BATCH}; skewed: test rows drawn by rank to the "
    f"power of -{ZIPF:g}, cache of 1,000 answers each kind; drifted: {OUTSIDE:.0%} rows of "
    "another set",
    "test": "McNemar, exact, two-sided",
}


def first_method(wanted: str) -> str:
    """Return the method of the first tier, or linear where it is not registered."""
    from undercut.core import plugins

    return wanted if wanted in plugins.names("method") else "linear"


def build(request: dict[str, Any], place: Path) -> tuple[Path, datasets.Split, list[str]]:
    """Fit both models as runs of one workspace; return it, the rows and the runs' names."""
    from undercut.core.specs_training import RunSpec
    from undercut.pipeline.run import run

    split = datasets.read(request["dataset"], request["data"])
    if most := request.get("most_rows", 0):  # to try things, never for results
        keep = np.random.default_rng(0).permutation(len(split.train))[:most]
        split = datasets.Split(split.name, split.train.take(keep), split.test)
    train = split.train.write(place / f"{split.name}.csv")
    first, last = SETS[request["dataset"]]
    first, last = first_method(first), request.get("last", last)
    both = ((first, PLAIN if first == last == "linear" else {}), (last, {}))
    names = []
    for at, (method, options) in zip(("first", "last"), both, strict=True):
        names.append(f"{at}-{method}")
        run(
            RunSpec(
                train=[train],
                method=method,
                name=names[-1],
                options={method: options} if options else {},
                seed=request["seed"],
                threads=request["threads"],
                workspace=place / "out",
                learning_curve=False,
            )
        )
    return place / "out", split, names


def one_goal(
    workspace: Path, names: Sequence[str], test: Path, drop: float, request: dict[str, Any]
) -> dict[str, Any]:
    """Make the cascade for one goal and return its figures, or why there is none."""
    from undercut.core.errors import UndercutError
    from undercut.core.specs_cascade import CascadeSpec
    from undercut.pipeline.cascade.build import cascade

    base = {"dataset": request["dataset"], "seed": request["seed"], "name": f"max drop {drop:g}"}
    try:
        facts = cascade(
            CascadeSpec(
                artefacts=[Path(n) for n in names],
                test=[test],
                max_drop=drop,
                name=f"drop-{drop:g}",
                workspace=workspace,
                threads=request["threads"],
            )
        )
    except UndercutError as e:
        return base | {"refused": str(e)}
    first, last = facts.tiers[0], facts.tiers[-1]
    assert facts.test_accuracy
    assert facts.test_versus_last
    assert last.test_accuracy
    assert first.test_accuracy
    return base | {
        "first": first.name,
        "last": last.name,
        "artefact": facts.artefact,
        "accuracy": facts.test_accuracy.value,
        "first_accuracy": first.test_accuracy.value,
        "last_accuracy": last.test_accuracy.value,
        "difference": facts.test_versus_last.difference,
        "difference_low": facts.test_versus_last.low,
        "difference_high": facts.test_versus_last.high,
        "p_value": facts.test_versus_last.p_value,
        "validation_accuracy": facts.accuracy.value,
        "cross_fitted_accuracy": facts.cross_fitted_accuracy,
        "escalated_on_validation": 1 - first.answered,
        "texts_per_second": facts.texts_per_second,
        "first_texts_per_second": first.texts_per_second,
        "last_texts_per_second": last.texts_per_second,
        "times": facts.texts_per_second / (last.texts_per_second or 1.0),
        "usd_per_1k": facts.usd_per_1k,
        "last_usd_per_1k": last.usd_per_1k,
        "end_to_end_over_parts": facts.usd_per_1k / facts.parts_usd_per_1k,
        "pays": facts.pays,
        "verdict": facts.verdict,
    }


def skewed(test: datasets.Rows, seed: int) -> datasets.Rows:
    """Return test rows drawn again and again by Zipf's law over their random order."""
    rng = np.random.default_rng(seed)
    weight = 1.0 / np.arange(1, len(test) + 1) ** ZIPF
    return test.take(
        rng.permutation(len(test))[rng.choice(len(test), STREAM, p=weight / weight.sum())]
    )


def drifted(test: datasets.Rows, foreign: datasets.Rows, seed: int) -> datasets.Rows:
    """Return test rows with rows mixed in that belong to no label; theirs is empty."""
    rng = np.random.default_rng(seed)
    inside = test.take(rng.integers(0, len(test), round(STREAM * (1 - OUTSIDE))))
    outside = foreign.take(rng.integers(0, len(foreign), STREAM - len(inside)))
    rows = datasets.Rows([*inside.texts, *outside.texts], [*inside.labels, *[""] * len(outside)])
    return rows.take(rng.permutation(len(rows)))


def answer(predictor: Any, texts: Sequence[str]) -> tuple[list[Any], float]:
    """Return the answers of a stream, and texts a second, raw text to label."""
    predictor.predict(list(texts[:BATCH]))
    begin = time.perf_counter()
    found = [
        a for start in range(0, len(texts), BATCH)
        for a in predictor.predict(list(texts[start : start + BATCH]))
    ]  # fmt: skip
    return found, len(texts) / (time.perf_counter() - begin)


def with_cache(folder: Path, threads: int) -> tuple[Any, Any]:
    """Open a cascade with a cache of a thousand answers of each kind, and the cache."""
    from undercut.models.cascade.cache import Answers
    from undercut.pipeline.cascade.stream import opened

    predictor, scorer = opened(folder, threads)
    scorer.cache = Answers(1_000, 1_000)
    return predictor, scorer


def stream(
    name: str, rows: datasets.Rows, artefact: Path, last: str, request: dict[str, Any]
) -> dict[str, Any]:
    """Answer a stream with the cascade, with its cache, and with the last tier alone."""
    from undercut.predict.predictor import load

    threads = request["threads"]
    plain, rate = answer(load(artefact, threads=threads), rows.texts)
    alone, rate_alone = answer(load(artefact / "children" / last, threads=threads), rows.texts)
    predictor, scorer = with_cache(artefact, threads)
    cached, rate_cached = answer(predictor, rows.texts)
    kept = scorer.cache
    inside = [i for i, label in enumerate(rows.labels) if label]
    wrong = [[i for i in inside if a[i].label != rows.labels[i]] for a in (plain, alone)]
    test = mcnemar(*wrong)
    passed = np.array([a.tier == last for a in plain])
    is_inside = np.array([bool(label) for label in rows.labels])
    return {
        "dataset": request["dataset"],
        "seed": request["seed"],
        "name": name,
        "texts": len(rows),
        "accuracy": 1 - len(wrong[0]) / len(inside),
        "last_accuracy": 1 - len(wrong[1]) / len(inside),
        "only_cascade": test["only_a"],
        "only_last": test["only_b"],
        "p_value": test["p_value"],
        "escalated": float(passed[is_inside].mean()),
        "escalated_outside": float(passed[~is_inside].mean()) if (~is_inside).any() else None,
        "texts_per_second": rate,
        "last_texts_per_second": rate_alone,
        "times": rate / rate_alone,
        "cached_texts_per_second": rate_cached,
        "hit_share": (kept.hits + kept.near_hits) / kept.looked if kept.looked else 0.0,
        "near_hits": kept.near_hits,
        "cache_differs": sum(a.label != b.label for a, b in zip(cached, plain, strict=True)),
    }


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Build, choose for each goal, and answer the streams with the middle one."""
    with tempfile.TemporaryDirectory() as folder:
        workspace, split, names = build(request, Path(folder))
        test = split.test.write(Path(folder) / f"{split.name}-test.csv")
        rows = [one_goal(workspace, names, test, drop, request) for drop in DROPS]
        made = [r for r in rows if "artefact" in r]
        if made:
            chosen = made[len(made) // 2]
            foreign = datasets.read(FOREIGN[split.name], request["data"]).test
            for name, texts in (
                ("skewed stream", skewed(split.test, request["seed"])),
                ("drifted stream", drifted(split.test, foreign, request["seed"])),
            ):
                place = Path(chosen["artefact"])
                rows.append(stream(name, texts, place, chosen["last"], request))
        for row in made:
            del row["artefact"]
        return {"rows": rows}


if __name__ == "__main__":
    serve(run)
