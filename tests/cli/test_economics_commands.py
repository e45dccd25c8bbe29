"""The economics commands as typed: the sentence first, one JSON document, exit 2 with the mend."""

from __future__ import annotations

import json

import pytest

from undercut.cli.app import main

SCENARIO = """
name = "typed"
date = 2026-11-21
[own]
accuracy = 0.94
p95_ms = 12
texts_per_second = 1800
cores = 1
usd_per_core_hour = 0.05
training_usd = 3
labels_usd = 800
people_usd = 12000
[buyers]
market_1k_per_month = 60000
value_usd_per_1k = 3
alpha_per_usd_per_1k = 2
[[rival]]
name = "nano"
usd_per_1k = { value = 0.0068, source = "price:2026-11-21 list" }
accuracy = 0.86
[company]
requests_per_month = 9_000_000
fixed_usd_per_month = 6000
cash_usd = 60000
[war]
paths = 200
[[plan]]
name = "start"
usd_per_month = 29
included_1k = 20
overage_usd_per_1k = 1.2
[usage]
median_1k_per_month = 30
signups_per_month = 60
"""


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", _without_matplotlib)
    (tmp_path / "market.toml").write_text(SCENARIO)

    def run(*words: str) -> tuple[int, str, str]:
        try:
            main([*words, "--quiet"])
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def _without_matplotlib(name, package=None):
    """Find every package but the one that draws the chart files, which takes a second a time."""
    import importlib.machinery

    return None if name == "matplotlib" else importlib.machinery.PathFinder.find_spec(name)


@pytest.mark.parametrize("command", ["price", "war", "invest", "plan"])
def test_the_sentence_comes_first_and_the_page_is_written(typed, command, tmp_path):
    code, out, _ = typed(command)
    assert code == 0 and out.startswith("You can charge $")
    assert "are assumed" in out and "economics.html" in out
    assert (tmp_path / "undercut-out/economics/typed/economics.html").is_file()
    assert all(len(line) <= 100 for line in out.splitlines())


def test_json_is_one_document_that_begins_with_the_verdict(typed):
    code, out, _ = typed("war", "--json", "--paths", "100", "--months", "3", "--seed", "4")
    document = json.loads(out)
    assert code == 0 and next(iter(document)) == "verdict"
    assert document["war"]["paths"] == 100 and document["war"]["months"] == 3
    assert document["kind"] == "charge"


def test_usage_of_a_file_takes_the_place_of_the_assumed(typed, tmp_path):
    (tmp_path / "usage.csv").write_text("requests_per_month\n100\n2000000\n30000\n")
    code, out, _ = typed("plan", "--usage", "usage.csv")
    assert code == 0 and "3 customers of usage.csv" in out
    (tmp_path / "usage.csv").write_text("requests_per_month\n100\nmany\n-3\n")
    code, _, err = typed("plan", "--usage", "usage.csv")
    assert code == 2 and "usage.csv:3" in err and "usage.csv:4" in err
    code, _, err = typed("plan", "--state-folder", "nowhere")
    assert code == 2 and "--usage FILE" in err


def test_mistakes_are_told_with_their_place_and_nothing_is_written(typed, tmp_path):
    (tmp_path / "market.toml").write_text(
        SCENARIO.replace("= 0.94", "= 94").replace("p95_ms = 12", "p95_ms = 0")
    )
    code, out, err = typed("price")
    assert code == 2 and not out
    assert "market.toml: [own] accuracy" in err and "[own] p95_ms" in err
    assert "undercut help scenario-invalid" in err and "Traceback" not in err
    assert not (tmp_path / "undercut-out").exists()


def test_without_a_file_the_command_that_writes_one_is_named(typed, tmp_path):
    (tmp_path / "market.toml").unlink()
    for command in ("war", "invest", "plan"):
        code, _, err = typed(command)
        assert code == 2 and "undercut market --new" in err
    code, _, err = typed("market")
    assert code == 2 and "--input-tokens" in err


def test_the_market_is_shown_for_a_size(typed):
    code, out, _ = typed("market", "--input-tokens", "120", "--output-tokens", "2",
                         "--price-date", "2026-11-21")  # fmt: skip
    assert code == 0 and "120 + 2 tokens" in out and "Left out" in out
