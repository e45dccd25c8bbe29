"""The summary says what a founder asks first, and says something else when the facts differ."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from pipeline.facts_fixture import rival_facts, run_facts
from undercut.core.types import Metric
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.summary import NOTHING_DONE, summary, wrap
from undercut.pipeline.rival.measured import with_rival


def lines(facts: RunFacts) -> list[str]:
    """Return the summary as a terminal of 80 columns shows it."""
    out = StringIO()
    Console(file=out, width=80).print(summary(facts), soft_wrap=True)
    return out.getvalue().splitlines()


def text(facts: RunFacts) -> str:
    return " ".join(" ".join(lines(facts)).split())


def with_price(facts: RunFacts, **changes: object) -> RunFacts:
    return facts.model_copy(update={"price": facts.price.model_copy(update=changes)})


def with_metric(facts: RunFacts, name: str, metric: Metric) -> RunFacts:
    return facts.model_copy(update={"test": facts.test.model_copy(update={name: metric})})


FACTS = run_facts()
METRIC = Metric(value=0.8125, low=0.7512, high=0.8634, n=3080)
CHANGES = {
    "verdict": (with_price(FACTS, verdict="Rent nothing."), "Rent nothing."),
    "accuracy": (
        with_metric(FACTS, "quality", METRIC),
        "Accuracy 81.2 %, 95 % interval 75.1 to 86.3, on 3,080 test rows",
    ),
    "macro_f1": (
        with_metric(FACTS, "macro_f1", METRIC),
        "Macro-F1 81.2 %, 95 % interval 75.1 to 86.3",
    ),
    "cost": (
        FACTS.model_copy(update={"cost_usd": 1.25, "cpu_seconds": 1234.0}),
        "Cost of this run $1.25 and 1,234 CPU-seconds",
    ),
    "fully used": (
        with_price(FACTS, usd_per_1k=0.00042),
        "$0.420 per million requests, machine fully used",
    ),
    "at 30 %": (
        with_price(FACTS, usd_per_1k_at_30=0.0021),
        "$2.10 per million requests at 30 % use",
    ),
    "floor": (
        with_price(FACTS, price_floor_usd_per_1k=0.0312, price_floor_basis="by hand"),
        "Price floor $31.2 per million requests; by hand",
    ),
    "rival": (
        with_price(FACTS, rivals=[FACTS.price.rivals[-1]]),
        "Cheapest rival API $130 per million requests; claude-haiku-4-5 (anthropic), "
        "420 + 6 tokens, priced 2026-11-21, accuracy not measured",
    ),
    "advice": (
        FACTS.model_copy(update={"next_quality": ["Buy 40 labels."]}),
        "To raise quality Buy 40 labels. Model",
    ),
    "artefact": (FACTS.model_copy(update={"artefact": "here/model"}), "Model here/model"),
    "report": (FACTS.model_copy(update={"report": "here/r.html"}), "Report here/r.html"),
    "next": (
        FACTS.model_copy(update={"next_command": "undercut serve x"}),
        "Next undercut serve x",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_item_follows_the_facts(name: str) -> None:
    changed, wanted = CHANGES[name]
    assert wanted in text(changed)
    assert wanted not in text(FACTS)


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (164, "This model is right more often than gpt-4o-mini: 94.0 % against 82.0 %"),
        (186, "Nothing shows that gpt-4o-mini or this model is right more often: 93.0 % against"),
        (200, "gpt-4o-mini is right more often than this model: 100.0 % against 94.0 %"),
    ],
)
def test_the_verdict_says_what_asking_a_rival_showed(right: int, said: str) -> None:
    found = text(with_rival(FACTS, rival_facts(right=right)))
    assert said in found and "cost $68.6 per million requests" in found
    sentence = lines(with_rival(FACTS, rival_facts(right=right)))
    assert max(map(cell_len, sentence[: sentence.index("")])) <= 80


def test_order_of_reading() -> None:
    found = text(FACTS)
    order = [
        "At 3,000,000 requests a month", "Accuracy", "Macro-F1", "Cost of this run",
        "Cost of serving", "Price floor", "Cheapest rival API", "To raise quality", "Model",
        "Report", "Next",
    ]  # fmt: skip
    places = [found.index(name) for name in order]
    assert places == sorted(places) and places[0] == 0


def test_it_is_short_and_fits_80_columns() -> None:
    shown = lines(FACTS)
    assert len(shown) <= 24
    whole = (FACTS.artefact, FACTS.report, FACTS.next_command)
    assert all(cell_len(line) <= 80 for line in shown if not line.endswith(whole))
    assert sum(line.endswith(whole) for line in shown) == 3, "paths and commands stay on one line"


def test_nothing_done_is_said() -> None:
    again = FACTS.model_copy(update={"did_work": False})
    assert NOTHING_DONE in text(again)
    assert NOTHING_DONE not in text(FACTS)


def test_break_even_without_a_volume_says_by_how_much() -> None:
    without = with_price(FACTS, requests_per_month=None, waterfall={})
    # Twice the break-even volume costs two machines' rent at the API, one here.
    assert "At twice that volume it costs $36.5 a month less." in text(without)
    assert "twice that volume" not in text(FACTS), "the verdict at a volume has its own figure"
    never = with_price(without, break_even_requests_per_month=None)
    assert "twice that volume" not in text(never)


def test_missing_pieces_are_said() -> None:
    bare = with_price(
        run_facts(test=False), verdict="", rivals=[], price_floor_usd_per_1k=None,
        price_floor_basis="", break_even_requests_per_month=None,
    )  # fmt: skip
    found = text(bare.model_copy(update={"next_quality": []}))
    assert found.startswith("No verdict: prices or measurements are missing.")
    assert "on 1,503 validation rows; no test split, so it flatters" in found
    assert "Price floor not known" in found
    assert "Cheapest rival API not known" in found
    assert "To raise quality nothing in this run shows what would" in found


def test_markup_and_escapes_in_names_stay_letters() -> None:
    hostile = FACTS.model_copy(
        update={"next_quality": ["Label [bold]x[/bold] \x1b[31mred\nline 2"]}
    )
    found = text(hostile)
    assert "[bold]x[/bold]" in found
    assert "\x1b" not in found
    assert "\ufffd[31mred line 2" in found


def test_chinese_breaks_by_columns() -> None:
    advice = "标签" * 60
    shown = lines(run_facts("zh").model_copy(update={"next_quality": [advice]}))
    assert all(cell_len(line) <= 80 for line in shown if "runs/" not in line)
    assert "".join("".join(shown).split()).count("标签") >= 59


def test_wrap_keeps_every_word() -> None:
    words = "one two 三四五 " + "x" * 30 + " end"
    found = wrap(words, 10)
    assert "".join("".join(found).split()) == "".join(words.split())
    assert [line for line in found if cell_len(line) > 10] == ["x" * 30]
