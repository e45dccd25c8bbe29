"""``undercut market --new``: a commented ``market.toml``, its rivals and figures from the run."""

from __future__ import annotations

import inspect
import json
import textwrap
from pathlib import Path

from pydantic_core import PydanticUndefined

from undercut.core.errors import fail
from undercut.core.specs_economics import PriceBookSpec
from undercut.core.types import Record
from undercut.economics.scenario.buyers import Buyers
from undercut.economics.scenario.customers import Invest, Labels
from undercut.economics.scenario.future import Future, War
from undercut.economics.scenario.number import Number
from undercut.economics.scenario.seller import Company, Own
from undercut.pipeline.pricing import price_date
from undercut.pipeline.run import read_facts
from undercut.store.files import write_text

WIDTH = 96
RIVALS = 3
HEAD = """\
# A scenario for `undercut price`, `war`, `invest` and `plan`. Written by `undercut market --new`.
#
# A number is written bare when it is your own guess: it is shown as assumed. It can carry more:
#   alpha_per_usd_per_1k = { value = 2, source = "assumption: two interviews", low = 1, high = 4 }
#   usd_per_1k           = { value = 0.02, source = "price:2026-11-21 the vendor's page" }
#   accuracy             = { source = "run:tickets" }       read from your run; no value beside it
#   knee_per_second      = { source = "loadtest:tickets" }     read from `undercut loadtest`
# low and high are how far you would believe it: they make the chart of what decides.
# Money is USD per 1,000 requests, a month has 730 hours. Lines with # show the default.
"""
GUESSED = {
    "buyers.market_1k_per_month": "all that buyers like yours buy a month, thousand requests",
    "buyers.value_usd_per_1k": "what a thousand right answers are worth to a buyer",
    "buyers.alpha_per_usd_per_1k": "how much buyers mind a dearer price; the decisive guess",
}


MODELS: dict[str, type[Record]] = {
    "own": Own,
    "buyers": Buyers,
    "company": Company,
    "future": Future,
    "war": War,
    "invest": Invest,
    "labels": Labels,
}


class Made(Record):
    """The result of ``market --new``."""

    path: str
    run: str
    rivals: list[str]
    notes: list[str]


def new_scenario(spec: PriceBookSpec) -> Made:
    """Write a commented scenario for a run: its name, its volume, its cheapest rivals.

    Raises:
        UndercutError: no finished run, or the file is there.
    """
    if spec.out.exists() and not spec.force:
        raise fail(
            "file-exists", expected="a file that is not there yet", found="one",
            where=str(spec.out), fix="Add --force to replace it, or --out FILE.",
        )  # fmt: skip
    facts = read_facts(spec.workspace, spec.run)
    name = facts.name or Path(facts.report).parent.name
    volume = facts.price.requests_per_month or 1_000_000.0
    rivals = sorted(facts.price.rivals, key=lambda r: (r.accuracy is None, r.usd_per_1k))[:RIVALS]
    cheap = min((r.usd_per_1k for r in rivals), default=0.02)
    # A buyer's errors at this model's accuracy and a margin like the cheapest rival's price.
    worth = 10 * (1 - facts.valid.quality.value) + 4 * cheap
    values = {
        "own.run": json.dumps(name, ensure_ascii=False),
        "company.requests_per_month": f"{volume:.0f}",
        "company.fixed_usd_per_month": "1000",
        "company.cash_usd": "50000",
        "buyers.market_1k_per_month": f"{10 * volume / 1000:.0f}",
        "buyers.value_usd_per_1k": f"{worth:.3g}",
        "buyers.alpha_per_usd_per_1k": f"{1 / cheap:.3g}",
        "labels.usd_per_label": "0.05",
    }
    day = price_date(spec.price_date)
    parts = [
        HEAD,
        f"name = {json.dumps(name, ensure_ascii=False)}",
        f"date = {day}",
        'currency = "USD"',
        '# books = ["rivals.toml"]   # your own dated price books',
    ]
    for table in ("own", "buyers", "company"):
        parts += ["", *_table(table, values)]
    for r in rivals:
        # In TOML the name of a list of tables stands before each.
        parts += ["", "[[rival]]", f"provider = {json.dumps(r.provider)}",
                  f"model = {json.dumps(r.model)}"]  # fmt: skip
        if r.accuracy is None:
            parts += ["# Not measured: undercut rival measures it; then leave this line out.",
                      "accuracy = { value = 0.9, low = 0.8, high = 0.97 }"]  # fmt: skip
    for table in ("future", "war", "invest", "labels"):
        parts += ["", *_table(table, values)]
    parts += ["", *(f"# {line}" for line in PLANS.splitlines())]
    write_text(spec.out, "\n".join(parts) + "\n")
    notes = [f"{key}: {GUESSED[key]}, is a guess of {values[key]}: change it." for key in GUESSED]
    return Made(path=str(spec.out), run=name, rivals=[r.model for r in rivals], notes=notes)


PLANS = """\
A price list for `undercut plan`: each customer takes the plan that costs least for what he uses.
[usage]
median_1k_per_month = 20
signups_per_month = 100

[[plan]]
name = "start"
usd_per_month = 19
included_1k = 10
overage_usd_per_1k = 1.5"""


def _table(name: str, values: dict[str, str]) -> list[str]:
    """Return a table with what each key means; keys that are not set show their default."""
    model: type[Record] = MODELS[name]
    doc = (inspect.getdoc(model) or "").partition("\n\n")[0]
    lines = [f"[{name}]", *_comment(doc)]
    for key, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if key in ("segment", "nest") and name == "buyers":
            continue
        if field.description:
            lines += _comment(field.description)
        given = values.get(f"{name}.{key}")
        shown = _shown(default)
        lines.append(f"{key} = {given}" if given is not None else f"# {key} = {shown}")
    return lines


def _shown(default: object) -> str:
    """Return a default as it would be written in the file."""
    if default is None or default is PydanticUndefined:
        return "..."
    if isinstance(default, Number):
        source = f"source = {json.dumps(default.source, ensure_ascii=False)}"
        return (
            f"{{ {source} }}"
            if default.value is None
            else f"{{ value = {default.value:g}, {source} }}"
        )
    if isinstance(default, list):
        return "[]"
    return json.dumps(default, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    flat = " ".join(text.split())
    return textwrap.wrap(flat, WIDTH, initial_indent="# ", subsequent_indent="# ")
