"""A search and its training in the report, on the terminal, and in JSON."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from pipeline.facts_fixture import run_facts
from pipeline.tuning.search_fixture import search_facts, training_curves
from undercut.cli.tuned import TuneResult
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.all import figures
from undercut.pipeline.report.figures.search import answer, climbs
from undercut.pipeline.report.page import page
from undercut.pipeline.report.png import Plots

NEW = ("search", "importance", "training-loss", "training-score")


@pytest.fixture
def facts():
    return run_facts().model_copy(update={"search": search_facts(), "training": training_curves()})


def test_the_answers_are_made_from_the_data(facts):
    drawn = figures(facts)
    assert "partial (rate 0.0007, layers 3) reaches 94.2" in drawn["search"].answer
    assert "+1.1 points over the defaults of partial" in drawn["search"].answer
    assert "flatters" in drawn["search"].answer
    assert "rate (71.0" in drawn["importance"].answer
    assert "full went from 0.70 to 0.23 nats" in drawn["training-loss"].answer
    assert "full is best after epoch 3" in drawn["training-score"].answer


def test_every_trial_is_in_the_table_whatever_became_of_it(facts):
    table = figures(facts)["search"].table
    assert [row[3] for row in table.rows] == [t.state for t in facts.search.trials]
    assert table.strong == 6
    assert "1 trial below it not drawn" in figures(facts)["search"].note


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("width", [328.0, 600.0, 1120.0])
def test_they_are_drawn_at_every_width(facts, name, width):
    drawing = figures(facts)[name].draw(width)
    assert drawing.width == width
    assert drawing.shapes


def test_the_page_has_them_only_where_there_is_something(facts):
    plots = Plots()
    with_them, without = (
        page(facts, figures(facts), plots),
        page(run_facts(), figures(run_facts()), plots),
    )
    for name in NEW:
        assert f'<figure id="{name}"' in with_them
        assert f'<figure id="{name}"' not in without


def test_nothing_in_a_search_is_read_as_html():
    hostile = "</title><script>alert(1)</script>"
    facts = run_facts().model_copy(update={"search": search_facts(hostile)})
    html = page(facts, figures(facts), Plots())
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_the_climb_is_of_complete_trials_that_were_better(facts):
    assert [t.number for t in climbs(facts.search)] == [0, 1, 3, 6]


def test_the_facts_are_read_back(facts):
    assert RunFacts.model_validate(json.loads(facts.model_dump_json())) == facts


def test_the_terminal_says_what_was_found_and_how_to_keep_it(facts):
    out = io.StringIO()
    TuneResult(facts).show(Console(file=out, width=80, markup=False))
    text = out.getvalue()
    for word in ("8 trials (5 complete, 1 pruned, 1 failed, 1 left out)", "[options.partial]", "rate = 0.0007",
                 "What mattered in partial", "Accuracy", "undercut serve"):  # fmt: skip
        assert word in text, word
    head = TuneResult(facts).to_json()
    assert head["method"] == "partial"
    assert head["valid_quality"] == 0.942
    assert head["trials"] == 8
    assert head["search"]["best"] == 6


def test_defaults_that_were_not_beaten_are_said_so(facts):
    same = facts.search.model_copy(update={"best": 1, "versus_default": None})
    assert "nothing tried was better than the defaults" in answer(same, "accuracy")
