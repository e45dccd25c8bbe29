"""``python -m benchmarks [what]``: measure, write results, generate the tables."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    adapters,
    budgets,
    cascade,
    chinese,
    cold,
    coreset,
    datasets,
    distil,
    economics,
    growth,
    kills,
    labels,
    linear_model,
    ours,
    peers_tagging,
    peers_trainer,
    peers_tutorial,
    record,
    runtimes,
    servers,
    serving,
    serving_soak,
    startup,
    tables,
    tagging,
    tagging_rungs,
    throughput,
    tune,
)
from benchmarks.clock import measured
from benchmarks.part import ROOT, PartFailed, call
from undercut.core.limits import usable_cores

WHAT = {
    "all": "everything, peers and ours in turn for each seed (the default)",
    "train": "our rungs on Banking77",
    "peers": "tutorial recipe, Trainer and linear peers on Banking77",
    "throughput": "transformers.pipeline against our variants",
    "chinese": "waimai_10k and thucnews_titles against TF-IDF + LinearSVC",
    "labels": "planted label errors on Banking77 and SST-2, beside cleanlab where installed",
    "coreset": "rows chosen to train on or to label, against random ones, on validation rows",
    "tagging": "entities of CoNLL-2003 and resume_ner_zh: linear, full stacked, the tutorial",
    "adapters": "every way to train an encoder on Banking77 and SST-2: share, memory, size",
    "runtimes": "the six-layer encoder on every runtime, beside the processor's matrix peak",
    "cold": "from the start of a process to its first answer, torch there and hidden",
    "growth": "predict --out on ten thousand to ten million rows, killed half-way and resumed",
    "tune": "a search on Banking77 within --usd, and the ladder's defaults beside it; one seed",
    "cascade": "cascades on Banking77, SST-2 and thucnews_titles: test rows, skewed, drifted",
    "economics": "equilibria beside pyblp where installed, price wars, recovery of demand",
    "distil": "hashed and static students of a stack: accuracy, texts a second, CPU-seconds",
    "startup": "undercut --help",
    "budgets": "a budget for 1,000 requests, 64 threads, two servers, both stores, 20 times",
    "kills": "kill -9 of a server under load, 50 times, both stores: what is billed",
    "serving": "requests/s and latency beside FastAPI, LitServe, BentoML, Ray; --soak MINUTES",
    "settings": "choose the linear peers' settings on validation again",
    "tables": "only write benchmarks/README.md again from the results",
}


BESIDE = ("linear", "probe")
"""Our rungs that are timed in one go with the peers, so that nothing lies between them."""
TAGGING_PEERS = (
    ("pycrfsuite", "benchmarks.peers_crfsuite", {}),
    ("spacy", "benchmarks.peers_spacy", {"cpu_seconds": 120}),
)
"""Peers in tagging, where they are installed: package, part, what it is asked besides."""
WHICH = ("method", "recipe", "learning_rate", "dataset", "name", "seed")
"""Fields that say what a row is of."""


def merged(rows: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with new ones in the place of those they do again."""

    def of(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row.get(k) for k in WHICH)

    again = {of(row) for row in new}
    return [row for row in rows if of(row) not in again] + new


class Bench:
    """One invocation: its options, the rows so far, and what failed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.data = Path(options.data or "no-data-folder-given").expanduser().resolve()
        self.work = Path(options.work).expanduser().resolve()
        self.results = Path(options.results).expanduser().resolve()
        self.session = record.new_session()
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.failures: list[str] = []

    def add(self, name: str, settings: dict[str, Any], work: Callable[[], Any], what: str) -> None:
        """Do one measurement; keep its rows; write the benchmark's file at once."""
        print(f"{name}: {what} ...", file=sys.stderr, flush=True)
        try:
            with measured() as usage:
                found = work()
        except PartFailed as e:
            self.failures.append(f"{name}: {what}: {e}")
            print(f"failed: {e}", file=sys.stderr, flush=True)
            return
        new = found if isinstance(found, list) else [found]
        rows = self.rows.setdefault(name, self.kept(name))
        extra = {"others_cores": usage.others_cores, "session": self.session}
        rows[:] = merged(rows, [row | extra for row in new])
        seeds = sorted({r["seed"] for r in rows if "seed" in r})
        record.write(name, self.session, self.options.threads, seeds, settings, rows, self.results)

    def kept(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of earlier invocations, where ``--keep`` asks for them."""
        if not self.options.keep:
            return []
        found = record.read_all(self.results).get(name, {})
        return [{"session": found["session"]} | row for row in found.get("rows", [])]

    def peers(self, seed: int) -> None:
        """Tutorial, Trainer and linear peers with one seed, and our cheap rungs beside them."""
        common = {"data": str(self.data), "full": self.options.full, "seed": seed}
        limit = 6 * 3600 if self.options.full else 3600
        for rate in peers_tutorial.LEARNING_RATES:
            request = common | {"learning_rate": rate, "steps": peers_tutorial.STEPS}
            self.add(
                "peers_tutorial",
                peers_tutorial.SETTINGS,
                lambda r=request: call("benchmarks.peers_tutorial", r, self.options.threads, limit),
                f"learning rate {rate:g}, seed {seed}",
            )
            for recipe in peers_trainer.RECIPES:
                request = common | {
                    "learning_rate": rate,
                    "steps": peers_trainer.STEPS,
                    "recipe": recipe,
                }
                self.add(
                    "peers_trainer",
                    peers_trainer.SETTINGS,
                    lambda r=request: call(
                        "benchmarks.peers_trainer", r, self.options.threads, limit
                    ),
                    f"{recipe}, learning rate {rate:g}, seed {seed}",
                )
        for recipe, chosen in linear_model.settings("banking77").items():
            request = common | {"dataset": "banking77", "recipe": recipe}
            self.add(
                "peers_linear",
                linear_model.settings("banking77"),
                lambda r=request: call("benchmarks.peers_linear", r, self.options.threads),
                f"{recipe}, C = {chosen['C']:g}, seed {seed}",
            )

        split = datasets.read("banking77", self.data)
        for method in BESIDE:
            self.add(
                "ours_beside_peers",
                ours.SETTINGS,
                lambda m=method: ours.measure(
                    split, m, seed, self.work, self.data, self.options.threads
                ),
                f"{method}, seed {seed}",
            )

    def train(self, seed: int) -> None:
        """Our rungs with one seed."""
        split = datasets.read("banking77", self.data)
        for method in self.options.methods:
            self.add(
                "ours",
                ours.SETTINGS,
                lambda m=method: ours.measure(
                    split,
                    m,
                    seed,
                    self.work,
                    self.data,
                    self.options.threads,
                    keep=m == "auto" and seed == throughput.SEED,
                ),
                f"{method}, seed {seed}",
            )

    def throughput(self) -> None:
        """Texts a second."""
        fresh = self.options.what == "throughput" and self.options.fresh
        self.add(
            "throughput",
            throughput.SETTINGS,
            lambda: throughput.measure(self.data, self.work, self.options.threads, fresh),
            "pipeline against our variants",
        )

    def chinese(self, seed: int) -> None:
        """Both Chinese sets with one seed."""
        for name in datasets.CHINESE:
            self.add(
                "chinese",
                chinese.SETTINGS,
                lambda n=name: chinese.measure(n, seed, self.data, self.work, self.options.threads),
                f"{name}, seed {seed}",
            )

    def labels(self, seed: int) -> None:
        """Both sets with planted label errors, with one seed."""
        for name in labels.SETS:
            request = {"dataset": name, "data": str(self.data), "seed": seed}
            self.add(
                "labels",
                labels.SETTINGS,
                lambda r=request: call("benchmarks.labels", r, self.options.threads),
                f"{name}, seed {seed}",
            )

    def coreset(self, seed: int) -> None:
        """All sets whose rows are chosen, with one seed."""
        for name in coreset.SETS:
            request = {"dataset": name, "data": str(self.data), "seed": seed}
            self.add(
                "coreset",
                coreset.SETTINGS,
                lambda r=request: call("benchmarks.coreset", r, self.options.threads),
                f"{name}, seed {seed}",
            )

    def tagging(self, seed: int) -> None:
        """Entities with one seed: the tutorial's steps and our rungs beside them."""
        common = {"data": str(self.data), "seed": seed, "threads": self.options.threads}
        request = common | {"dataset": "conll2003", "steps": peers_tagging.STEPS}
        self.add(
            "peers_tagging",
            peers_tagging.SETTINGS,
            lambda: call("benchmarks.peers_tagging", request, self.options.threads),
            f"conll2003, tutorial, seed {seed}",
        )
        for name in tagging.SETS:
            asked = common | {"dataset": name}
            self.add(
                "tagging",
                tagging.SETTINGS,
                lambda r=asked: call("benchmarks.tagging", r, self.options.threads),
                f"{name}, linear, seed {seed}",
            )
            for package, module, more in TAGGING_PEERS:
                if importlib.util.find_spec(package) is None:
                    continue
                self.add(
                    "tagging",
                    tagging.SETTINGS,
                    lambda r=asked | more, m=module: call(m, r, self.options.threads),
                    f"{name}, {package}, seed {seed}",
                )
        whole = common | {"dataset": "conll2003", "method": "full"}
        self.add(
            "tagging_rungs",
            tagging_rungs.SETTINGS,
            lambda: call("benchmarks.tagging_rungs", whole, self.options.threads, 2 * 3600),
            f"conll2003, full stacked, seed {seed}",
        )

    def adapters(self, seed: int) -> None:
        """Every way to train an encoder with one seed."""
        for name in adapters.SETS:
            for method in adapters.METHODS:
                request = {
                    "dataset": name,
                    "method": method,
                    "data": str(self.data),
                    "seed": seed,
                    "threads": self.options.threads,
                }
                self.add(
                    "adapters",
                    adapters.SETTINGS,
                    lambda r=request: call(
                        "benchmarks.adapters", r, self.options.threads, 2 * 3600
                    ),
                    f"{name}, {method}, seed {seed}",
                )

    def runtimes(self) -> None:
        """Every runtime, the start of each, and files of growing size."""
        o = self.options
        fresh, quick = o.what == "runtimes" and o.fresh, o.quick
        if o.what in ("all", "runtimes"):
            self.add(
                "runtimes",
                runtimes.SETTINGS,
                lambda: runtimes.measure(self.data, self.work, o.threads, fresh, quick),
                "one encoder on every runtime",
            )
        if o.what in ("all", "cold"):
            times = 1 if quick else cold.TIMES
            self.add(
                "cold",
                cold.SETTINGS,
                lambda: cold.measure(self.data, self.work, o.threads, False, times),
                "process start to first answer",
            )
        if o.what in ("all", "growth"):
            sizes = growth.QUICK_SIZES if quick else growth.SIZES
            self.add(
                "growth",
                growth.SETTINGS | {"sizes": list(sizes)},
                lambda: growth.measure(self.data, self.work, o.threads, sizes),
                "files of growing size",
            )

    def tune(self) -> None:
        """One search within a budget, and its curve; with the first of the seeds."""
        options = self.options
        split, seed = datasets.read(tune.DATASET, self.data), options.seeds[0]

        def work() -> dict[str, Any]:
            row = tune.measure(split, options.usd, seed, self.work, self.data, options.threads)
            return row | {"figure": tune.draw(row, self.results)}

        what = f"{tune.DATASET}, {options.usd:g} USD, seed {seed}"
        self.add("tune", tune.SETTINGS, work, what)

    def cascade(self, seed: int) -> None:
        """Cascades on all sets with one seed."""
        for name in cascade.SETS:
            request = {
                "dataset": name,
                "data": str(self.data),
                "seed": seed,
                "threads": self.options.threads,
            }
            self.add(
                "cascade",
                cascade.SETTINGS,
                lambda r=request: call("benchmarks.cascade", r, self.options.threads, 2 * 3600)[
                    "rows"
                ],
                f"{name}, seed {seed}",
            )

    def economics(self) -> None:
        """Formulas: one thread, each in a process of its own."""
        for kind in economics.KINDS:
            for paths in economics.PATHS.get(kind, (0,)):
                request = {"kind": kind, "paths": paths}
                self.add(
                    "economics",
                    economics.SETTINGS,
                    lambda r=request: call("benchmarks.economics", r, 1)["rows"],
                    f"{kind}{f', {paths} paths' if paths else ''}",
                )

    def distil(self, seed: int) -> None:
        """Students of all sets with one seed; the teachers' runs are kept."""
        for name in distil.TEACHERS:
            self.add(
                "distil",
                distil.SETTINGS,
                lambda n=name: distil.measure(n, seed, self.data, self.work, self.options.threads),
                f"{name}, seed {seed}",
            )

    def startup(self) -> None:
        """The start of the command line."""
        work = startup.measure
        self.add("startup", startup.SETTINGS, lambda: work(self.options.threads), "undercut --help")

    def money(self, what: str) -> None:
        """What holds for budgets or after kills, on both stores; a broken promise is an error."""
        part = {"budgets": budgets, "kills": kills}[what]
        for kind in servers.STORES:
            self.add(what, part.SETTINGS, lambda k=kind: part.measure(k, self.work), f"on {kind}")

    def serving(self) -> None:
        """Load on our server and its peers, or a soak of ours."""
        o = self.options
        if o.soak:
            self.add(
                "serving_soak",
                serving_soak.SETTINGS,
                lambda: serving_soak.measure(self.data, self.work, o.threads, o.soak),
                f"{o.soak:g} minutes at 80 % load",
            )
            return
        libs = Path(o.libs).expanduser().resolve() if o.libs else None
        self.add(
            "serving",
            serving.SETTINGS,
            lambda: serving.measure(
                self.data, self.work, o.threads, libs, o.quick, tuple(o.models)
            ),
            "our server beside its peers",
        )

    def settings(self) -> None:
        """Choose the linear peers' settings again."""
        for name in datasets.COMPARED:
            request = {"dataset": name, "data": str(self.data)}
            print(f"settings: {name} ...", file=sys.stderr, flush=True)
            print(call("benchmarks.linear_search", request, self.options.threads)["recipes"])


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="\n".join(f"{k:11} {v}" for k, v in WHAT.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=WHAT, default="all", metavar="what")
    parser.add_argument("--data", default=os.environ.get("UNDERCUT_DATA"), help="public data sets")
    parser.add_argument("--work", default=str(ROOT / "undercut-out" / "bench"), help="scratch")
    parser.add_argument(
        "--results",
        default=str(record.RESULTS),
        help="elsewhere than benchmarks/results to try things: the tables are then printed only",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", choices=ours.METHODS, default=list(ours.METHODS))
    parser.add_argument("--usd", type=float, default=tune.USD, help="tune: spend at most this")
    parser.add_argument("--libs", help="serving: LIBS/litserve ... hold peers installed apart")
    parser.add_argument("--models", nargs="+", default=[], help="serving: only these")
    parser.add_argument("--soak", type=float, default=0.0, help="serving: so many minutes instead")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--full", action="store_true", help="run the peers' five epochs through")
    parser.add_argument(
        "--keep", action="store_true", help="keep the rows of earlier invocations not done again"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="runtimes, cold, growth, serving: a few texts once, to try them; figures mean nothing",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="throughput, runtimes: train again first"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure what was asked for; return 1 when a part failed."""
    options = parse(arguments)
    bench = Bench(options)
    what = options.what
    if what == "settings":
        bench.settings()
        return 0
    if what in ("budgets", "kills"):
        bench.money(what)
        return 1 if bench.failures else 0
    if what in ("all", "startup"):
        bench.startup()
    if what in ("all", "economics"):
        bench.economics()
    for seed in options.seeds:
        if what in ("all", "peers"):
            bench.peers(seed)
        if what in ("all", "train"):
            bench.train(seed)
        if what in ("all", "chinese"):
            bench.chinese(seed)
        if what in ("all", "labels"):
            bench.labels(seed)
        if what in ("all", "coreset"):
            bench.coreset(seed)
        if what in ("all", "adapters"):
            bench.adapters(seed)
        if what in ("all", "tagging"):
            bench.tagging(seed)
        if what in ("all", "cascade"):
            bench.cascade(seed)
        if what in ("all", "distil"):
            bench.distil(seed)
    if what in ("all", "tune"):
        bench.tune()
    if what in ("all", "throughput"):
        bench.throughput()
    if what in ("all", "runtimes", "cold", "growth"):
        bench.runtimes()
    if what in ("all", "serving"):
        bench.serving()
    if bench.results == record.RESULTS:
        tables.write()
    else:
        print(
            tables.fill(tables.README.read_text(encoding="utf-8"), record.read_all(bench.results))
        )
    for line in bench.failures:
        print(f"FAILED {line}", file=sys.stderr)
    return 1 if bench.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
