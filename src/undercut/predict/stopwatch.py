"""One artefact, opened to be timed: a pass over texts, single texts, a round at a time.

Run as ``python -m undercut.predict.stopwatch`` in a process of its own, so that peak memory and
threads are the variant's and nobody else's: a line of JSON in, a line of JSON out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from undercut.predict.leaf import Plan

PASS_SECONDS = 0.25
LEAST_TEXTS = 128
SINGLES, SINGLES_SECONDS, LEAST_SINGLES = 40, 0.16, 5
WARM_UP = 20
CHOICE_ROUNDS = 3
CHOICE_TEXTS = 128
CHOICE_SINGLES = 9


@dataclass(frozen=True)
class Round:
    """What one round took.

    Attributes:
        rate: texts a second of a pass, raw text to answer.
        cores: mean number of cores the pass kept busy.
        singles_ms: latencies of single texts, milliseconds.
        texts: how many the pass had.
    """

    rate: float
    cores: float
    singles_ms: list[float]
    texts: int


class Stopwatch:
    """An opened artefact with the texts it is timed on; in this process."""

    def __init__(
        self,
        folder: Path,
        texts: Sequence[Any],
        threads: int,
        backend: str | None = None,
        plan: Plan | None = None,
    ) -> None:
        from undercut.predict.predictor import backends_for, load

        self._predictor = load(folder, backend, threads, plan)
        able = backends_for(self._predictor.manifest)
        self.backend = backend or (able[0] if able else "composite")
        self.plan = plan
        texts = list(texts)
        self._predictor.predict(texts[:16])
        begin = time.perf_counter()
        self._predictor.predict(texts[:64])
        rate = min(len(texts), 64) / (time.perf_counter() - begin)
        self._texts = texts[: max(LEAST_TEXTS, int(rate * PASS_SECONDS))]
        self._predictor.predict(self._texts)
        self._next = 0
        self._singles(WARM_UP)

    def round(self) -> Round:
        """Time a pass, then single texts."""
        cpu, begin = time.process_time(), time.perf_counter()
        self._predictor.predict(self._texts)
        took = time.perf_counter() - begin
        cores = (time.process_time() - cpu) / took
        return Round(len(self._texts) / took, cores, self._singles(SINGLES), len(self._texts))

    def _singles(self, most: int) -> list[float]:
        found: list[float] = []
        begin = time.perf_counter()
        while len(found) < most:
            if len(found) >= LEAST_SINGLES and time.perf_counter() - begin > SINGLES_SECONDS:
                break
            text = self._texts[self._next % len(self._texts)]
            self._next += 1
            t = time.perf_counter()
            self._predictor.predict([text])
            found.append((time.perf_counter() - t) * 1e3)
        return found

    def peak_memory_bytes(self) -> int:
        """Return the peak memory of this process, all that it did before included."""
        from undercut.ledger.meter import peak_memory_bytes

        return peak_memory_bytes()

    def close(self) -> None:
        """Let the artefact go."""
        del self._predictor


def best_plan(folder: Path, texts: list[Any], threads: int, backend: str | None = None) -> Plan:
    """Return the faster of lanes and one batch on all cores, and of one core and all for one text.

    The ways take turns, so that a slow moment of the machine meets each.
    """
    from undercut.predict.predictor import Predictor, load

    plans = [Plan(threads, threads), Plan(1, 1)]
    ways = [load(folder, backend, threads, plan) for plan in plans]

    def best(inputs: list[Any]) -> int:
        def seconds(way: Predictor) -> float:
            begin = time.perf_counter()
            way.predict(inputs)
            return time.perf_counter() - begin

        for way in ways:
            way.predict(inputs)
        took = [[seconds(way) for way in ways] for _ in range(CHOICE_ROUNDS)]
        totals = [sorted(column)[CHOICE_ROUNDS // 2] for column in zip(*took, strict=True)]
        return totals.index(min(totals))

    lanes = plans[best(texts[:CHOICE_TEXTS])].lanes
    votes = [plans[best([text])].lone for text in texts[:CHOICE_SINGLES]]
    return Plan(lanes, sorted(votes)[len(votes) // 2])


def _serve() -> None:
    """Answer commands until the input ends."""
    asked = json.loads(sys.stdin.readline())
    about = (Path(asked["folder"]), asked["texts"], asked["threads"], asked["backend"])
    if asked["what"] == "plan":
        print(json.dumps(asdict(best_plan(*about))), flush=True)
        return
    watch = Stopwatch(*about, Plan(**asked["plan"]) if asked["plan"] else None)
    print(json.dumps({"backend": watch.backend}), flush=True)
    for line in sys.stdin:
        if line.strip() == "round":
            print(json.dumps(asdict(watch.round())), flush=True)
        else:
            print(json.dumps(watch.peak_memory_bytes()), flush=True)


if __name__ == "__main__":
    _serve()
