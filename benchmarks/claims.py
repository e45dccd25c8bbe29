"""What the benchmarks must show, each judged from the results alone.

A claim that compares two results holds on one machine only; when they come from different
invocations the table says so.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks import (
    claims_economics,
    claims_methods,
    claims_runtimes,
    claims_serving,
    claims_tagging,
)
from benchmarks.figures import mean, number, percent, spread
from benchmarks.verdict import Results, Verdict, missing, rows

BERT_BASE = 0.9366
"""BERT-base, fine-tuned on all of Banking77: Casanueva et al. 2020, arXiv:2003.04807, table 3."""
RUNGS = ("linear", "probe", "partial", "full")


def tutorial_seconds(results: Results) -> float | None:
    """Return the mean CPU-seconds of the tutorial recipe over learning rates and rounds."""
    return mean(rows(results, "peers_tutorial"), "cpu_seconds", "value")


def best_trainer(results: Results) -> tuple[str, float] | None:
    """Return the Trainer recipe of least mean CPU-seconds."""
    found = {r["recipe"] for r in rows(results, "peers_trainer")}
    means = {
        n: mean(rows(results, "peers_trainer", recipe=n), "cpu_seconds", "value") for n in found
    }
    if not means:
        return None
    name = min(means, key=lambda n: means[n] or 0.0)
    return name, means[name] or 0.0


def cheapest_above_bert(results: Results) -> tuple[str, list[dict[str, Any]]] | None:
    """Return the rung of least training cost whose mean test accuracy reaches BERT-base's.

    Its rows are those timed in one go with the peers, where there are such.
    """
    able = []
    for rung in RUNGS:
        of = rows(results, "ours", method=rung)
        if of and (mean(of, "accuracy") or 0.0) >= BERT_BASE:
            able.append((mean(of, "training_cpu_seconds"), rung, of))
    if not able:
        return None
    rung, of = min(able)[1:]
    return rung, rows(results, "ours_beside_peers", method=rung) or of


def _auto(results: Results) -> Verdict:
    claim, target = "`auto`, Banking77, mean test accuracy", "at least 94.0 % (stretch 94.5 %)"
    of = rows(results, "ours", method="auto")
    if not of:
        return missing(claim, target)
    values = [r["accuracy"] for r in of]
    shown = f"{spread(values, percent)}, {len(values)} seeds"
    return Verdict(claim, target, shown, statistics.fmean(values) >= 0.94)


def _ratio(results: Results, what: str, peer: float | None, factor: float, name: str) -> Verdict:
    claim = (
        f"cheapest rung at or above BERT-base's published {percent(BERT_BASE, 2)} against {name}"
    )
    target = f"at most 1/{factor:.0f} of its CPU-seconds"
    if peer is None or not rows(results, "ours"):
        return missing(claim, target)
    found = cheapest_above_bert(results)
    if found is None:
        return Verdict(claim, target, "no rung reached that accuracy", False)
    rung, of = found
    train = mean(of, "training_cpu_seconds") or 0.0
    whole = mean(of, "whole_cpu_seconds") or 0.0
    same = {r.get("session") for r in of} == {r.get("session") for r in rows(results, what)}
    note = "" if same else "; not the same run"
    shown = (
        f"`{rung}` ({spread([r['accuracy'] for r in of], percent)}): 1/{number(peer / train)} "
        f"training, 1/{number(peer / whole)} the whole command{note}"
    )
    return Verdict(claim, target, shown, train * factor <= peer)


def _tutorial(results: Results) -> Verdict:
    return _ratio(results, "peers_tutorial", tutorial_seconds(results), 150, "the tutorial recipe")


def _trainer(results: Results) -> Verdict:
    best = best_trainer(results)
    name = f"the best Trainer setting ({best[0]})" if best else "the best Trainer setting"
    return _ratio(results, "peers_trainer", best[1] if best else None, 15, name)


def _linear(results: Results) -> Verdict:
    claim, target = "`linear`, Banking77", "at least 91 % in under 6 CPU-seconds"
    of = rows(results, "ours", method="linear")
    if not of:
        return missing(claim, target)
    train = [r["training_cpu_seconds"] for r in of]
    shown = (
        f"{spread([r['accuracy'] for r in of], percent)} in {spread(train)} CPU-s training, "
        f"{spread([r['whole_cpu_seconds'] for r in of])} the whole command"
    )
    return Verdict(
        claim, target, shown, (mean(of, "accuracy") or 0) >= 0.91 and statistics.fmean(train) < 6
    )


def _chinese(dataset: str) -> Callable[[Results], Verdict]:
    def judge(results: Results) -> Verdict:
        claim = f"`auto`, {dataset}, against TF-IDF + LinearSVC"
        target = "accuracy not significantly below (McNemar, same test rows)"
        of = rows(results, "chinese", dataset=dataset)
        if not of:
            return missing(claim, target)
        shown = "; ".join(
            f"{percent(r['accuracy'])} vs {percent(r['peer_accuracy'])}, p = {r['p_value']:.2g}"
            for r in of
        )
        return Verdict(claim, target, shown, not any(r["significantly_below"] for r in of))

    return judge


def best_variant(results: Results) -> dict[str, Any] | None:
    """Return the fastest variant of an encoder rung that passed the gate."""
    able = [
        r
        for r in rows(results, "throughput", kind="undercut", gate="passed")
        if r["rung"] != "linear"
    ]
    return max(able, key=lambda r: statistics.median(r["rounds"]), default=None)


def _throughput(peer: str, factor: float) -> Callable[[Results], Verdict]:
    def judge(results: Results) -> Verdict:
        claim = f"best gated encoder variant against {peer}"
        target = f"at least {factor:g} times its texts a second, tokenising included"
        of, best = rows(results, "throughput", name=peer), best_variant(results)
        if not of or best is None:
            return missing(claim, target)
        a, b = best["rounds"], of[0]["rounds"]
        ratio = statistics.median(a) / statistics.median(b)
        lowest = min(a) / max(b)
        shown = f"`{best['name']}`: {ratio:.1f} times ({lowest:.1f} in the worst pair of rounds)"
        return Verdict(claim, target, shown, ratio >= factor)

    return judge


def _startup(results: Results) -> Verdict:
    claim, target = "`undercut --help`, everything installed", "under 0.3 s"
    of = rows(results, "startup")
    if not of:
        return missing(claim, target)
    values = of[0]["wall_seconds"]
    median = statistics.median(values)
    shown = f"{median:.3f} s, median of {len(values)} ({min(values):.3f} to {max(values):.3f})"
    return Verdict(claim, target, shown, median < 0.3)


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (
    _auto,
    _tutorial,
    _trainer,
    _linear,
    _chinese("waimai_10k"),
    _chinese("thucnews_titles"),
    _throughput("transformers.pipeline, default", 10),
    _throughput("transformers.pipeline, batch 32", 6),
    *claims_runtimes.CLAIMS,
    *claims_tagging.CLAIMS,
    *claims_serving.CLAIMS,
    *claims_methods.CLAIMS,
    *claims_economics.CLAIMS,
    _startup,
)


def judge_all(results: Results) -> list[Verdict]:
    """Judge every claim."""
    return [claim(results) for claim in CLAIMS]
