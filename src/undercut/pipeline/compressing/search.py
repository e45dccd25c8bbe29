"""Walk the plan within the budget: which forms there are, which one wins, why the others lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.core.specs_models import CompressSpec
from undercut.core.types import Measurement
from undercut.ledger.price import Rates
from undercut.pipeline.compressing.plan import Change, endings, stages
from undercut.pipeline.compressing.record import Form
from undercut.pipeline.compressing.trial import Lab, Made, make, measured, reference
from undercut.pipeline.rungs import usd_per_1k
from undercut.pipeline.spending import usd_of
from undercut.store import artefacts

LEARNING_PASSES = 12
"""What a learning step costs, in passes of the reference over its rows: answers, then epochs of
three passes each over fewer layers and twice the texts."""
JUDGING_PASSES = 3
START_SECONDS = 10.0

GOALS: dict[str, Callable[[Measurement], float]] = {
    "cost": lambda m: m.threads / m.texts_per_second,
    "latency": lambda m: m.p50_ms,
    "size": lambda m: float(m.size_bytes),
}
"""What is least in the best form."""


@dataclass
class Search:
    """A search under way."""

    lab: Lab
    spec: CompressSpec
    rates: Rates
    when: date
    say: Callable[[str], None]
    forms: list[Form] = field(default_factory=list)

    @property
    def goal(self) -> Callable[[Measurement], float]:
        """Return what is to be least."""
        return GOALS[self.spec.optimise]

    def spent(self, unit: str = "cpu_second") -> float:
        """Return what the steps of this search have taken, those of earlier calls included."""
        book = self.lab.workspace.book
        rows = (e for s in self.lab.workspace.steps for e in book.entries(s.subject))
        return float(sum((e.quantity for e in rows if e.unit == unit), Decimal(0)))

    def run(self) -> list[Form]:
        """Try the plan; return every form, tried or not, the reference first."""
        root = reference(self.lab)
        self._keep(root, "reference", "the model itself")
        bodies, carrier = [root], root
        for alternatives in stages(root.folder):
            bodies += self._alternatives(carrier, root, alternatives)
            last = bodies[-1]
            if alternatives[0].info and alternatives[0].info.stage < 20 and last is not carrier:
                carrier = last
        for body in bodies:
            for change in endings(body.folder):
                self._try(body, root, change)
        return self.forms

    def _alternatives(self, carrier: Made, root: Made, changes: list[Change]) -> list[Made]:
        """Try the changes of one stage; return what passed, the strongest last."""
        passed: list[Made] = []
        lost: dict[str, str] = {}
        for change in changes:
            assert change.info is not None
            if self._left_out(change):
                continue
            steps = (*carrier.steps, change.name)
            if (milder := lost.get(change.info.name)) is not None:
                self._skip(steps, f"{milder}, which is milder, did not pass")
                continue
            start = root if change.whole else carrier
            made = self._try(start, root, change)
            if made is None:
                continue
            verdict = made.verdict
            if verdict is not None and verdict.verdict == "passed":
                passed.append(made)
            else:
                lost[change.info.name] = change.name
        return passed

    def _try(self, before: Made, root: Made, change: Change) -> Made | None:
        """Make, judge and measure one form; return it, or ``None`` when it was not made."""
        steps = (*before.steps, change.name)
        if self._left_out(change):
            return None
        if why := self._hindrance(change):
            self._skip(steps, why)
            return None
        try:
            made = make(self.lab, before, root, change)
        except UndercutError as e:
            self._skip(steps, str(e).splitlines()[0])
            return None
        if made is None:
            return None
        verdict = made.verdict
        assert verdict is not None
        self._keep(made, verdict.verdict, verdict.reason)
        return made

    def _left_out(self, change: Change) -> bool:
        """Whether the user did not ask for a change."""
        return bool(self.spec.only) and change.name not in self.spec.only

    def _hindrance(self, change: Change) -> str:
        """Return why a change cannot be tried; empty when it can."""
        if change.info is not None and (absent := plugins.missing(change.info)):
            return f'no {", ".join(absent)}: pip install "undercut[{change.info.extra}]"'
        if change.learns and self.lab.rows.train is None:
            return "it learns from rows: name them with --train"
        seconds = self._expected(change)
        minutes, usd = self.spent("wall_second") / 60, usd_of(self.spent(), self.rates, self.when)
        if self.spec.max_minutes is not None and minutes + seconds / 60 > self.spec.max_minutes:
            return (
                f"about {seconds / 60:.1f} minutes on top of {minutes:.1f}, over the limit of "
                f"{self.spec.max_minutes:g}"
            )
        more = usd_of(seconds * self.lab.threads, self.rates, self.when)
        if self.spec.budget_usd is not None and usd + more > self.spec.budget_usd:
            return (
                f"about {more:.4f} USD on top of {usd:.4f}, over the budget of "
                f"{self.spec.budget_usd:g}"
            )
        return ""

    def _expected(self, change: Change) -> float:
        """Return about how many seconds a change will take."""
        known = self.forms[0].measured
        assert known is not None
        rows = JUDGING_PASSES * len(self.lab.rows.held)
        if change.learns and change.info is not None and 20 <= change.info.stage < 90:
            rows += LEARNING_PASSES * len(self.lab.rows.train or ())
        return START_SECONDS + rows / known.texts_per_second

    def _skip(self, steps: tuple[str, ...], why: str) -> None:
        self.forms.append(
            Form(name=" + ".join(steps), steps=list(steps), status="skipped", why=why)
        )

    def _keep(self, made: Made, status: str, why: str) -> None:
        """Measure a form and write it down; a refused one is measured too, to show what it lost."""
        figures = None
        try:
            figures = measured(self.lab, made, self.goal)
            artefacts.amend(made.folder, measured=figures)
        except UndercutError:
            if status != "refused":  # what cannot be run has been refused already
                raise
        cpu = float(
            sum(
                (
                    e.quantity
                    for e in self.lab.workspace.book.entries(made.step.subject)
                    if e.unit == "cpu_second"
                ),
                Decimal(0),
            )
        )
        form = Form(
            name=" + ".join(made.steps) or "reference",
            steps=list(made.steps),
            status=status,
            why=why,
            folder=str(made.folder),
            hash=artefacts.hash_of(made.manifest),
            quality=made.quality,
            gate=made.verdict,
            tries=made.step.result["tries"],
            measured=figures,
            usd_per_1k=usd_per_1k(figures, self.rates, self.when) if figures else None,
            cpu_seconds=cpu,
        )
        self.forms.append(form)
        speed = f"; {figures.texts_per_second:,.0f} texts/s" if figures else ""
        self.say(f"{form.name}: {status}{speed}")


def decide(forms: list[Form], goal: str) -> list[Form]:
    """Choose the best form that may be served; say why each other lost, and which are on the front.

    A form may be served when it is the reference or has passed the gate.
    """
    least = GOALS[goal]
    able = [f for f in forms if f.status in ("reference", "passed") and f.measured]
    best = min(able, key=lambda f: least(_figures(f)))
    names = {"cost": "cost", "latency": "median latency", "size": "size"}
    done = []
    for f in forms:
        changes: dict[str, Any] = {"best": f in able and not any(_beats(o, f) for o in able)}
        if f is best:
            changes |= {"status": "chosen", "why": f"the least {names[goal]} of all that passed"}
            if f.gate is not None:
                changes["why"] += f". {f.gate.reason}"
        elif f in able:
            ratio = least(_figures(f)) / least(_figures(best))
            more = f"{ratio:.2f} times the {names[goal]} of {best.name}"
            changes["why"] = more if f.gate is None else f"{more}. {f.gate.reason}"
        done.append(f.model_copy(update=changes))
    return done


def _figures(f: Form) -> Measurement:
    assert f.measured is not None
    return f.measured


def _beats(a: Form, b: Form) -> bool:
    """Whether ``a`` is better than ``b`` in one way and worse in none."""

    def values(f: Form) -> tuple[float, ...]:
        assert f.quality is not None
        return (-f.quality.value, *(goal(_figures(f)) for goal in GOALS.values()))

    x, y = values(a), values(b)
    return all(i <= j for i, j in zip(x, y, strict=True)) and x != y


def folder_of(form: Form) -> Path:
    """Return where a form lies."""
    return Path(form.folder)
