"""Rows chosen to train on, or to label: against as many at random, on validation rows only.

A fifth of the published training rows is held out for each seed; test rows are not read. C is
chosen on one half of it and the other half is scored, both ways round.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import coreset_ways as ways_of
from benchmarks import datasets
from benchmarks.part import serve

CS = (0.3, 1.0, 3.0)
SETS = ("banking77", "sst2", "waimai_10k")
ENGLISH = ("banking77", "sst2")
SIZES = {"banking77": (300, 1000, 3000), "sst2": (100, 300, 1000, 3000),
         "waimai_10k": (100, 300, 1000, 3000)}  # fmt: skip
STARTS = (0, 300, 1000)
TO_LABEL = (100, 300, 1000)
CHANCE = "at random"
OURS = "coverage (ours)"
SETTINGS = {
    "held out": "a fifth of the training rows a seed, near copies on one side; no test row",
    "model": "linear: the linear rung, C of 0.3, 1, 3. probe: logistic regression, C = 10, on the "
    "frozen base model's outputs",
    CHANCE: "each label in proportion; when labelling, any row",
}


class Pool:
    """Rows to choose from and rows to score on, for one data set and seed."""

    def __init__(self, name: str, data: Path | str, seed: int) -> None:
        from undercut.core.types import Examples
        from undercut.data.coreset import clusters, distinct
        from undercut.data.nested import nested_order
        from undercut.data.splits import split
        from undercut.pipeline.coreset.vectors import text_vectors

        rows = datasets.read(name, data)
        place = {label: k for k, label in enumerate(rows.classes)}
        y = np.array([place[x] for x in rows.train.labels])
        whole = Examples(rows.train.texts, rows.train.labels, [""] * len(y))
        parts = split(whole, str, 0.2, seed)
        self.name, self.seed, self.classes = name, seed, len(place)
        train, held = whole.take(parts.train), whole.take(parts.valid)
        self.texts, self.strata = list(train.inputs), list(train.targets)
        self.held, self.at = list(held.inputs), (parts.train, parts.valid)
        self.y, self.held_y = y[parts.train], y[parts.valid]
        self.half = np.random.default_rng(seed).permutation(len(held)) % 2
        self.cluster = clusters(self.texts)
        self.kept = distinct(self.texts, self.strata, self.cluster).rows
        self.order = nested_order(train, str, seed)
        self.vectors = text_vectors(self.texts, seed)
        self.rng = np.random.default_rng(seed)

    def margins(self, rows: np.ndarray, texts: list[str], c: float) -> np.ndarray:
        """Return scores ``(n, K)`` of texts by the linear model of some rows."""
        from undercut.backends.numpy.session import NumpySession
        from undercut.methods.linear.fit import FEW_ROWS, solve
        from undercut.models.linear.ngrams import NgramSpec
        from undercut.models.linear.tfidf import Vectoriser, fit_features

        mine = [self.texts[i] for i in rows]
        features, x = fit_features(mine, NgramSpec(), 1 if len(mine) < FEW_ROWS else 2)
        table = solve(x.astype(np.float64), self.y[rows], self.classes, c, "none", 0)
        found = Vectoriser(features)(texts)
        arrays = {"indptr": found.indptr, "indices": found.indices, "values": found.data}
        return NumpySession(table).run(arrays)

    def linear(self, rows: np.ndarray) -> float:
        """Return the accuracy of the linear model of some rows."""
        from undercut.training.temperature import fit_temperature, log_loss

        z = {c: self.margins(rows, self.held, c) for c in CS}
        right = np.zeros(len(self.held), bool)
        for part in (0, 1):
            on, off = self.half == part, self.half != part

            def loss(c: float, on: np.ndarray = on) -> float:
                y = self.held_y[on]
                return log_loss(z[c][on], y, fit_temperature(z[c][on], y))

            best = z[min(CS, key=loss)]
            right[off] = best[off].argmax(axis=1) == self.held_y[off]
        return float(right.mean())


def encoded(name: str, data: Path | str) -> np.ndarray | None:
    """Return unit outputs of the base model for the training texts; None where it is no use."""
    if name not in ENGLISH or importlib.util.find_spec("torch") is None:
        return None
    from undercut.models.encoder.base import resolve
    from undercut.models.encoder.frontend import TextFrontend
    from undercut.training.frozen import FrozenEncoder

    base = resolve("minilm")
    front = TextFrontend(base.folder / "tokenizer.json", 64, pad_id=base.pad_id)
    with tempfile.TemporaryDirectory() as cache:
        frozen = FrozenEncoder(base, front, 64, Path(cache), 1)
        found = frozen.pooled(datasets.read(name, data).train.texts).numpy()
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def probe(pool: Pool, e: np.ndarray, rows: np.ndarray) -> float:
    """Return the accuracy of a logistic regression on the base model's outputs."""
    from sklearn.linear_model import LogisticRegression

    x, held = e[pool.at[0][rows]], e[pool.at[1]]
    mean = x.mean(axis=0)
    scale = 1 / np.sqrt(((x - mean) ** 2).sum(axis=1).mean())
    model = LogisticRegression(C=10.0, max_iter=60).fit((x - mean) * scale, pool.y[rows])
    return float((model.predict((held - mean) * scale) == pool.held_y).mean())


def to_train(pool: Pool, n: int, own: np.ndarray, e: np.ndarray | None) -> dict[str, Any]:
    """Return what each way chooses of labelled rows.

    Args:
        pool: the rows.
        n: how many.
        own: out-of-fold probability of each row's label.
        e: outputs of the base model.
    """
    from undercut.data.coreset import choose_labelled
    from undercut.data.coverage import facility_location

    v, strata, kept, rng = pool.vectors, pool.strata, pool.kept, pool.rng

    def within(choose: ways_of.Choose) -> Callable[[], np.ndarray]:
        return lambda: ways_of.by_class(kept, strata, n, choose)

    found = {
        CHANCE: lambda: pool.order[:n],
        "at random, copies dropped": within(lambda m, k: rng.permutation(len(m))[:k]),
        OURS: lambda: choose_labelled(v, strata, kept, n, pool.seed, own),
        "coverage, all labels believed": lambda: choose_labelled(v, strata, kept, n, pool.seed),
        "coverage of the doubted": within(
            lambda m, k: facility_location(v[m], k, rng, weight=2.0 - own[m])
        ),
        "k-center": within(lambda m, k: ways_of.k_center(v[m], k)),
        "k-means++": within(lambda m, k: ways_of.k_means_pp(v[m], k, rng)),
        "surest first": within(lambda m, k: np.argsort(-own[m])[:k]),
        "least sure first": within(lambda m, k: np.argsort(own[m])[:k]),
    }
    if e is not None:
        mine = e[pool.at[0]]
        found["coverage by the encoder"] = lambda: choose_labelled(
            mine, strata, kept, n, pool.seed, own
        )
    return found


def to_label(pool: Pool, start: int, n: int) -> dict[str, Any]:
    """Return what each way picks of unlabelled rows when ``start`` random ones are labelled."""
    from undercut.data.coreset import pick_unlabelled

    v, rng = pool.vectors, np.random.default_rng(pool.seed)
    order = rng.permutation(len(pool.texts))
    known, rest = order[:start], order[start:]
    _, first = np.unique(pool.cluster[rest], return_index=True)
    free = rest[np.sort(first)]
    free = np.sort(free[~np.isin(pool.cluster[free], pool.cluster[known])])
    mine, covered, margin = v[free], None, None
    if start:
        covered = (mine @ v[known].T).max(axis=1)
        z = np.sort(pool.margins(known, [pool.texts[i] for i in free], 1.0), axis=1)
        margin = z[:, -1] - z[:, -2]

    def ours(margin: np.ndarray | None = margin) -> np.ndarray:
        return free[pick_unlabelled(mine, n, pool.seed, covered=covered, margin=margin).rows]

    found: dict[str, Any] = {
        CHANCE: lambda: rest[:n],
        OURS: ours,
        "k-center": lambda: free[ways_of.k_center(mine, n)],
        "typical": lambda: free[ways_of.typical(mine, n)],
    }
    if margin is not None:
        found["coverage, sureness ignored"] = lambda: ours(None)
        found["least sure first"] = lambda: free[np.argsort(margin, kind="stable")[:n]]
    return {way: lambda f=f: np.concatenate([known, f()]) for way, f in found.items()}


def run(request: Mapping[str, Any]) -> dict[str, Any]:
    """Measure one data set with one seed; of the ways in ``request["ways"]`` only, if given."""
    from undercut.methods.linear.cross import cross_probabilities

    name, data, seed = (request[k] for k in ("dataset", "data", "seed"))
    only = request.get("ways")
    pool, e = Pool(name, data, seed), None if only else encoded(name, data)
    p = cross_probabilities(pool.texts, pool.y, pool.classes, pool.cluster, seed=seed)
    own = p[np.arange(len(pool.y)), pool.y]
    found: list[dict[str, Any]] = []

    def add(use: str, start: int, n: int, way: str, choose: Callable[[], np.ndarray]) -> None:
        if only and way not in only:
            return
        rows = choose()
        row = {"use": use, "start": start, "n": n, "way": way}
        found.append(row | {"model": "linear", "accuracy": pool.linear(rows)})
        if e is not None and way in (CHANCE, OURS, "coverage by the encoder"):
            found.append(row | {"model": "probe", "accuracy": probe(pool, e, rows)})

    for n in request.get("sizes") or SIZES[name]:
        for way, choose in to_train(pool, n, own, e).items():
            add("train", 0, n, way, choose)
    for start in request.get("starts", STARTS):
        for n in request.get("to_label", TO_LABEL):
            for way, choose in to_label(pool, start, n).items():
                add("label", start, n, way, choose)
    found.append({"use": "train", "start": 0, "n": len(pool.y), "way": "all", "model": "linear",
                  "accuracy": pool.linear(np.arange(len(pool.y)))})  # fmt: skip
    return {"dataset": name, "seed": seed, "rows": len(pool.y), "distinct": len(pool.kept),
            "scored": len(pool.held), "found": found}  # fmt: skip


def against_chance(runs: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, float]]:
    """Return, by (use, start, n, model, way), the mean accuracy and the gain over chance.

    The gain is a mean of differences within seeds; its 95 % interval is Student's over the seeds.
    """
    from scipy.stats import t

    by: dict[tuple[Any, ...], dict[int, float]] = {}
    for r in runs:
        for f in r["found"]:
            key = (f["use"], f["start"], f["n"], f["model"], f["way"])
            by.setdefault(key, {})[r["seed"]] = f["accuracy"]
    made = {}
    for key, of in by.items():
        base = by.get((*key[:4], CHANCE), {})
        gains = [of[s] - base[s] for s in sorted(of) if s in base]
        known = {"accuracy": statistics.fmean(of.values()), "seeds": float(len(of))}
        if gains:
            known["gain"] = statistics.fmean(gains)
        if len(gains) > 1:
            error = statistics.stdev(gains) / len(gains) ** 0.5
            known["half"] = float(t.ppf(0.975, len(gains) - 1)) * error
        made[key] = known
    return made


if __name__ == "__main__":
    serve(run)
