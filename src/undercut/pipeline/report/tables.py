"""The tables of the page: cells written out from the facts, escaped by the template."""

from __future__ import annotations

from undercut.core.types import GateResult
from undercut.measures.record import Evaluation
from undercut.pipeline.facts import Footprint, RunFacts
from undercut.pipeline.report.figures.figure import Table, columns
from undercut.pipeline.report.format import (
    NONE,
    clean,
    cpu_seconds,
    figure,
    interval,
    money,
    number,
    one_line,
    per_million,
    percent,
    plural,
    points,
)
from undercut.pipeline.report.keys import p_value


def classes(ev: Evaluation) -> Table:
    """Return precision, recall, F1 and support of every class."""
    known = any(c.f1_low is not None for c in ev.classes)
    interval_ = (">F1, 95 %",) if known else ()
    counted = ev.thing_names.capitalize()
    return Table(
        columns("~Class", ">Precision", ">Recall", ">Recall, 95 %", ">F1", *interval_,
                f">{counted}"),
        tuple(
            (
                one_line(c.label), percent(c.precision), percent(c.recall),
                f"{100 * c.recall_low:.1f}–{100 * c.recall_high:.1f}", percent(c.f1),
                *((_span(c.f1_low, c.f1_high),) if known else ()), number(c.support),
            )
            for c in ev.classes
        ),
        "No class was scored.",
    )  # fmt: skip


def _span(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"


def units(ev: Evaluation) -> Table | None:
    """Return the report by unit, such as by token; None where rows are the units."""
    if ev.per_unit is None:
        return None
    return Table(
        columns("~Tag", ">Precision", ">Recall", ">F1", ">Tokens"),
        tuple(
            (one_line(c.label), percent(c.precision), percent(c.recall), percent(c.f1),
             number(c.support))
            for c in ev.per_unit.labels
        ),
        "No token was scored.",
    )  # fmt: skip


def mistakes(ev: Evaluation) -> Table:
    """Return the misclassified rows, the most confident first."""
    return Table(
        columns("~Row", "*Text", "~Labelled", "~Answered", ">Probability"),
        tuple(
            (clean(m.row), clean(m.text), one_line(m.target), one_line(m.answer),
             f"{m.probability:.3f}")
            for m in ev.mistakes
        ),
        f"No {ev.thing_name} was answered wrongly.",
    )  # fmt: skip


def variants(facts: RunFacts) -> Table:
    """Return what was measured of every variant."""
    rows = []
    for v in facts.variants:
        m = v.measured
        note = "; ".join(n for n in ("promoted" if v.promoted else "", clean(v.note)) if n)
        rows.append(
            (
                one_line(v.name), v.gate.verdict if v.gate else NONE, interval(v.valid_quality),
                percent(v.valid_macro_f1), money(v.fit_usd), per_million(v.usd_per_1k),
                per_million(v.usd_per_1k_at_30), figure(m.texts_per_second) if m else NONE,
                f"{figure(m.p50_ms)} / {figure(m.p95_ms)}" if m else NONE,
                figure(m.size_bytes / 1e6) if m else NONE,
                f"{v.backend}, {plural(m.threads, 'thread')}" if m else v.backend, note,
            )
        )  # fmt: skip
    return Table(
        columns(
            "~Variant", "Gate", f">Validation {facts.quality_name}", ">Macro-F1", ">To make",
            ">USD per million, full", ">USD per million, 30 %", ">Texts/s", ">p50 / p95, ms",
            ">MB", "Backend", "*Note",
        ),
        tuple(rows),
        "No variant was made in this run.",
        strong=next((i for i, v in enumerate(facts.variants) if v.promoted), None),
    )  # fmt: skip


def gates(facts: RunFacts) -> Table:
    """Return the gate's verdict on every compressed variant, with its evidence."""
    return Table(
        columns("~Variant", "Verdict", ">Drop", ">Upper bound", ">Allowed", ">Agreement", ">Rows",
                "*Reason"),
        tuple(_gate(v.name, v.gate) for v in facts.variants if v.gate is not None),
        "No variant was compressed, so the gate had nothing to test.",
    )  # fmt: skip


def _gate(name: str, g: GateResult) -> tuple[str, ...]:
    agreement = g.agreement_labelled if g.agreement_labelled is not None else g.agreement_unlabelled
    reason = clean(g.reason)
    if g.rows_needed is not None:
        reason += f" ({number(g.rows_needed)} rows could)"
    return (
        one_line(name),
        g.verdict,
        NONE if g.drop is None else points(g.drop)[1:] if g.drop >= 0 else points(g.drop),
        NONE if g.drop_upper is None else points(g.drop_upper)[1:],
        points(g.max_drop)[1:],
        NONE if agreement is None else percent(agreement),
        number(g.rows),
        reason,
    )


def ladder(facts: RunFacts) -> Table:
    """Return every rung with what was expected, what was decided and what came out."""

    def share(value: float | None) -> str:
        return NONE if value is None else percent(value)

    def usd(value: float | None) -> str:
        return NONE if value is None else money(value)

    return Table(
        columns("~Rung", "Decision", "*Reason", ">Expected gain", ">Worth", ">Estimated cost",
                ">Cost", ">CPU-seconds", ">Trained", ">Peak memory, MB", ">Files, MB",
                f">Validation {facts.quality_name}"),
        tuple(
            (
                r.rung, r.status, clean(r.reason),
                NONE if r.expected_gain is None else points(r.expected_gain),
                usd(r.gain_worth_usd), usd(r.estimated_usd), usd(r.usd),
                NONE if r.cpu_seconds is None else cpu_seconds(r.cpu_seconds),
                *_footprint(r.footprint),
                share(r.valid_quality),
            )
            for r in facts.rungs
        ),
        "No ladder was climbed: one method was asked for.",
    )  # fmt: skip


def _footprint(f: Footprint | None) -> tuple[str, str, str]:
    """Return the share of the parameters trained, peak memory of the fit and size, as cells."""
    if f is None:
        return NONE, NONE, NONE
    share = f.trainable_share
    trained = NONE if share is None else f"{percent(share)} of {number(f.total_parameters)}"
    return trained, figure(f.peak_memory_bytes / 1e6), figure(f.size_bytes / 1e6)


def paired(facts: RunFacts) -> Table:
    """Return McNemar's tests of variants against the one before."""
    tested = [(v.name, v.versus_previous) for v in facts.variants if v.versus_previous]
    return Table(
        columns("~Variant", ">Difference", ">95 % interval", ">Only it right", ">Only before right",
                ">p", "Better at 5 %"),
        tuple(
            (
                one_line(name), points(t.difference),
                f"{100 * t.low:+.1f} to {100 * t.high:+.1f}".replace("-", "\u2212"),
                number(t.only_b), number(t.only_a), f"{t.p_value:.4f}", "yes" if t.better else "no",
            )
            for name, t in tested
        ),
        "No two variants were tested on the same rows.",
    )  # fmt: skip


def rivals(facts: RunFacts) -> Table:
    """Return rival prices with date and tokens, cheapest first."""
    ranked = sorted(facts.price.rivals, key=lambda r: (r.usd_per_1k, r.provider, r.model))
    return Table(
        columns("~Model", "Provider", ">USD per million requests", ">Input tokens",
                ">Output tokens", "Priced at", "*Note"),
        tuple(
            (
                one_line(r.model), one_line(r.provider), per_million(r.usd_per_1k),
                number(r.input_tokens), number(r.output_tokens), one_line(r.priced_at),
                clean(r.note),
            )
            for r in ranked
        ),
        "No rival API has a known price at that date.",
    )  # fmt: skip


def asked(facts: RunFacts) -> Table:
    """Return the rivals that were asked the same rows as this model."""
    return Table(
        columns("~Model", "Prompt", ">Rows", ">Accuracy", ">This model", ">Difference",
                ">95 % interval", ">p", ">No label / refused / cut", ">p50 / p95, ms",
                ">USD per 1,000", ">Spent", "Asked", "*Note"),
        tuple(
            (
                one_line(r.model), r.prompt, f"{number(r.rows)} {one_line(r.split)}",
                interval(r.accuracy), interval(r.own_accuracy), points(r.versus.difference),
                f"{100 * r.versus.low:+.1f} to {100 * r.versus.high:+.1f}".replace("-", "\u2212"),
                p_value(r.versus),
                f"{number(r.unparsed)} / {number(r.refused)} / {number(r.cut)}",
                f"{figure(r.p50_ms)} / {figure(r.p95_ms)}", money(r.usd_per_1k),
                money(r.spent_usd), one_line(r.asked_at),
                clean(" ".join([f"Price: {r.price}.", *r.notes])),
            )
            for r in facts.rivals_measured
        ),
        "No rival was asked. To ask one: undercut rival --base-url URL --model MODEL",
    )  # fmt: skip


def floors(facts: RunFacts) -> Table:
    """Return the price floors; an unknown one is said to be unknown."""
    return Table(
        columns("~Floor", ">USD per million requests"),
        tuple(
            (one_line(name), "not known" if value is None else per_million(value))
            for name, value in facts.price.floors.items()
        ),
        "No floor was worked out.",
    )


def rates(facts: RunFacts) -> Table:
    """Return the dated rates that money was worked out with."""
    return Table(
        columns("~Unit", "*Rate"),
        tuple((one_line(unit), clean(rate)) for unit, rate in facts.price.rates.items()),
        "No rate was used.",
    )


def class_counts(facts: RunFacts) -> Table:
    """Return rows by class, in the order of the labels."""
    counts = facts.data.class_counts
    total = sum(counts.values())
    return Table(
        columns("~Class", ">Rows", ">Share"),
        tuple(
            (one_line(label), number(n), percent(n / total) if total else NONE)
            for label, n in counts.items()
        ),
        "No rows were counted.",
    )
