"""The verb: rows, rules, thresholds, the artefact, its measurement, the report."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.limits import usable_cores
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.types import Examples, Manifest
from undercut.data.inputs import load_inputs
from undercut.data.load import load_examples
from undercut.data.normal import same_hashes
from undercut.economics.tiers import Goal, choose, cross_fitted
from undercut.ledger.place import keep_in
from undercut.models.rules.rule import Rule
from undercut.models.rules.table import read_rules
from undercut.pipeline.cascade.admission import RULES, admit, refused, write_rules
from undercut.pipeline.cascade.facts import CascadeFacts, RuleFacts
from undercut.pipeline.cascade.found import CHOSEN_ON, TEST, Made, facts_of
from undercut.pipeline.cascade.outside import NAME, Outside, ask_outside, write_outside
from undercut.pipeline.cascade.page import write_page
from undercut.pipeline.cascade.rows import HeldOut, held_out
from undercut.pipeline.cascade.stream import cache_facts
from undercut.pipeline.cascade.tiers import Clock, Tier, sample_of
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.gather import MODEL
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.run import Listener, Silent
from undercut.pipeline.verbs import find_artefact
from undercut.pipeline.workspace import open_workspace
from undercut.predict.measure import measure
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.store.files import whole_folder

ARCHITECTURE = "cascade"
SECONDS = 0.8
"""How long each model is timed, seconds."""


def cascade(
    spec: CascadeSpec,
    listener: Listener | None = None,
    confirm: Callable[[str], bool] | None = None,
) -> CascadeFacts:
    """Join models into a cascade, and say whether it pays.

    Args:
        spec: which models, which rows, and for what goal.
        listener: told about progress.
        confirm: asked before an outside API is, unless ``spec.yes``.

    Raises:
        UndercutError: models that do not fit together, no rows that they have not learnt, bad
            rules, or a goal that nothing reaches; nothing half-written is left.
    """
    listener = listener or Silent()
    goal = goal_of(spec)
    keep_in(spec.workspace)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        folders = [find_artefact(spec.workspace, f) for f in spec.artefacts]
        manifests = _checked(folders, (spec.rules is not None) + spec.api)
        names = _names(folders)
        task = plugins.attr(plugins.get("task", manifests[0].task).load)()
        held = held_out(spec, task, folders)
        table = [] if spec.rules is None else read_rules(spec.rules, manifests[0].labels)
        bought = None
        if spec.api:
            bought = ask_outside(spec, task, manifests[0], held, workspace, listener, confirm)
            held.rows = bought.rows
        name = spec.name or "-".join(names)
        out = spec.out or workspace.root / "cascades" / name
        with (
            workspace.book.measure(f"step:cascade:{name}"),
            tempfile.TemporaryDirectory(dir=workspace.root, prefix=".cascade-") as place,
        ):
            job = Job(spec, goal, task, folders, names, manifests[0], held, table, bought)
            facts = _make(job, name, out, Path(place), listener)
        return write_page(facts, out, listener.say)


def goal_of(spec: CascadeSpec) -> Goal:
    """Return the one goal.

    Raises:
        UndercutError: code ``cascade-goals``; several.
    """
    given = {
        "--target-accuracy": spec.target_accuracy,
        "--budget-usd-per-1k": spec.budget_usd_per_1k,
        "--error-usd": spec.error_usd,
    }
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) > 1:
        raise fail(
            "cascade-goals",
            expected="one goal: a target accuracy, a budget, or the value of an error",
            found=" and ".join(named),
        )
    budget = None if spec.budget_usd_per_1k is None else spec.budget_usd_per_1k / 1000
    return Goal(spec.target_accuracy, budget, spec.error_usd, spec.max_drop / 100)


def _checked(folders: Sequence[Path], others: int) -> list[Manifest]:
    """Return the tiers' manifests.

    Raises:
        UndercutError: too few tiers, a task a cascade does not do, or different labels.
    """
    if len(folders) + others < 2 or not folders:
        raise fail(
            "cascade-tiers",
            expected="two models or more, cheapest first; or one with --rules or --api",
            found=str(len(folders)),
            fix="For example: undercut cascade train-linear train-full.",
        )
    manifests = [artefacts.read_manifest(f) for f in folders]
    able = plugins.get("model", ARCHITECTURE).tasks
    problems = [
        Problem(f"a model for {', '.join(able)}", m.task, str(f))
        for f, m in zip(folders, manifests, strict=True)
        if m.task not in able
    ]
    if problems:
        raise UndercutError("cascade-task", problems)
    first = manifests[0].labels
    for folder, m in zip(folders, manifests, strict=True):
        if m.labels != first:
            odd = sorted(set(m.labels) ^ set(first))[:5]
            found = f"others: {', '.join(odd)}" if odd else "the same in another order"
            problems.append(Problem(f"the labels of {folders[0]}", found, str(folder)))
    if problems:
        raise UndercutError("cascade-labels", problems)
    return manifests


def _names(folders: Sequence[Path]) -> list[str]:
    """Return a name for each tier: of its run or its folder, made different."""
    names: list[str] = []
    for folder in folders:
        place = folder.resolve()
        called = place.parent.name if place.name == MODEL else place.name
        first = re.sub(r"[^\w.+-]+", "-", called).strip("-.") or "model"
        name, number = first, 2
        while name in (*names, RULES, NAME):
            name, number = f"{first}-{number}", number + 1
        names.append(name)
    return names


@dataclass(frozen=True)
class Job:
    """What a cascade is made of.

    Attributes:
        folders, names: the models, cheapest first.
        like: the first one's manifest, for task and labels.
        held: rows to choose on.
        table: the expert's rules.
        bought: the outside API's answers to the rows, if it is the last tier.
    """

    spec: CascadeSpec
    goal: Goal
    task: Any
    folders: Sequence[Path]
    names: Sequence[str]
    like: Manifest
    held: HeldOut
    table: Sequence[Rule]
    bought: Outside | None


def _make(job: Job, name: str, out: Path, place: Path, listener: Listener) -> CascadeFacts:
    """Choose, write and measure; ``place`` is a folder for what is thrown away."""
    spec, goal, task, held, like = job.spec, job.goal, job.task, job.held, job.like
    threads = spec.threads or usable_cores()
    test = _test(spec, task, like)
    if test is not None and job.bought:
        held.notes.append("Test rows are not scored: the API would have to be paid for them too.")
        test = None
    rules = _let_in(job, place / RULES)
    tiers = _opened(job, threads, place, any(r.let_in for r in rules))
    texts = _shuffled((test or held.rows).inputs, spec.seed)
    own = [t for t in tiers if not t.outside]
    clock = Clock(texts, threads, rates_of(spec), price_date(None), own[-1].predictor)
    said = partial(_said, listener, len(tiers))
    for i, tier in enumerate(own):
        said(i, f"{tier.name} on the rows")
        tier.said[CHOSEN_ON] = tier.chooser.score(held.rows.inputs).log_probs
        if test is not None:
            tier.said[TEST] = tier.predictor.score(test.inputs).log_probs
    said(len(tiers), "each alone, in turns")
    timed = clock.time([t.predictor for t in own], SECONDS)
    for tier, (rate, usd) in zip(own, timed, strict=True):
        tier.texts_per_second, tier.usd = rate, usd
    sample = sample_of(tiers, CHOSEN_ON, task.encode(held.rows, like.labels))
    point = choose(sample, goal)
    thresholds = dict(zip([t.name for t in tiers], point.thresholds, strict=False))
    said(len(tiers) + 1, "the cascade, end to end")
    plain = place / "plain"
    _write(plain, name, tiers, thresholds, {}, like, held.rows)
    made = Made(
        goal=goal,
        task=task,
        held=held,
        test=test,
        test_split=", ".join(p.name for p in spec.test),
        tiers=tiers,
        sample=sample,
        point=point,
        fair=cross_fitted(sample, goal, spec.seed),
        clock=clock,
        folder=_timed(place, plain, name, tiers, thresholds, job),
    )
    facts = facts_of(made, name, rules)
    sizes = {"exact": spec.cache_exact, "near": spec.cache_near}
    served, cache = plain, None
    if any(sizes.values()):
        served = place / "cached"
        _write(served, name, tiers, thresholds, sizes, like, held.rows)
        if spec.stream is not None and job.bought is None:
            stream = load_inputs(spec.stream, spec.text_column)
            cache = cache_facts(served, plain, stream, threads)
    measured = measure(made.folder, texts, threads)
    manifest = artefacts.amend(
        served, measured=measured, metrics={"accuracy": facts.test_accuracy or facts.accuracy}
    )
    out.mkdir(parents=True, exist_ok=True)
    with whole_folder(out / MODEL) as temporary:
        shutil.copytree(served, temporary, dirs_exist_ok=True)
    return facts.model_copy(
        update={
            "artefact": str(out / MODEL),
            "hash": artefacts.hash_of(manifest),
            "cache": cache,
        }
    )


def _said(listener: Listener, tiers: int, done: int, note: str) -> None:
    listener.tick(Progress("cascade", done, tiers + 2, note))


def _test(spec: CascadeSpec, task: Any, like: Manifest) -> Examples | None:
    if not spec.test:
        return None
    rows, _ = load_examples(spec.test, task, spec.text_column, spec.label_column, held_out=True)
    task.encode(rows, like.labels)
    return rows


def _let_in(job: Job, folder: Path) -> list[RuleFacts]:
    """Measure the rules, and write those let in; say what became of the others.

    Raises:
        UndercutError: none is let in where they would be half of the cascade.
    """
    if not job.table:
        return []
    found = admit(job.table, job.held.rows, job.spec.rule_precision)
    kept = sum(r.let_in for r in found)
    if not kept and len(job.folders) < 2 and not job.bought:
        raise refused(found, job.spec.rule_precision)
    if kept < len(found):
        job.held.notes.append(
            f"{len(found) - kept:,} of {len(found):,} rules were not let in; the report says why."
        )
    if kept:
        write_rules(folder, job.table, found, job.like)
    return found


def _opened(job: Job, threads: int, place: Path, with_rules: bool) -> list[Tier]:
    """Open every tier: the rules first, the outside API last."""
    tiers = []
    if with_rules:
        opened = load(place / RULES, threads=threads)
        tiers.append(Tier(RULES, place / RULES, opened, opened, fixed=True))
    for name, folder, chooser in zip(job.names, job.folders, job.held.folders, strict=True):
        opened = load(folder, threads=threads)
        other = opened if chooser == folder else load(chooser, threads=threads)
        tiers.append(Tier(name, folder, opened, other))
    if job.bought is not None:
        write_outside(place / NAME, job.bought.config, job.like)
        opened = load(place / NAME, threads=threads)
        last = Tier(NAME, place / NAME, opened, opened, outside=True, usd=job.bought.usd)
        last.said[CHOSEN_ON] = job.bought.log_probs
        tiers.append(last)
    return tiers


def _timed(
    place: Path,
    plain: Path,
    name: str,
    tiers: Sequence[Tier],
    thresholds: dict[str, float],
    job: Job,
) -> Path:
    """Return what is timed: the cascade, or the part of it that is ours."""
    if not tiers[-1].outside:
        return plain
    own = tiers[:-1]
    if len(own) == 1:
        return own[0].folder
    limits = {t.name: thresholds[t.name] for t in own[:-1]}
    _write(place / "own", name, own, limits, {}, job.like, job.held.rows)
    return place / "own"


def _shuffled(inputs: Sequence[Any], seed: int) -> list[Any]:
    order = np.random.default_rng(seed).permutation(len(inputs))
    return [inputs[i] for i in order.tolist()]


def _write(
    folder: Path,
    name: str,
    tiers: Sequence[Tier],
    thresholds: dict[str, float],
    cache: dict[str, int],
    like: Manifest,
    chosen_on: Examples,
) -> Manifest:
    config: dict[str, Any] = {"thresholds": thresholds}
    if cache:
        config["cache"] = cache
    parts = {t.name: t.folder for t in tiers}
    like = like.model_copy(update={"method": ""})
    hashes = same_hashes(chosen_on.inputs)
    return write_stack(folder, name, parts, config, like, ARCHITECTURE, hashes)
