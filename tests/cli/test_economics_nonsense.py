"""Nonsense typed at the economics commands: one clear error with its place, or a plain statement.

Every line goes through the command as a user types it: exit 2, every mistake with its key, no
traceback, nothing written; or exit 0 and a sentence that says what is odd.
"""

from __future__ import annotations

import json

import pytest

from cli.test_economics_commands import _without_matplotlib
from undercut.cli.app import main

FILE = """
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
[company]
requests_per_month = 9_000_000
fixed_usd_per_month = 6000
cash_usd = 60000
[war]
paths = 100
[[rival]]
name = "nano"
usd_per_1k = 0.0068
accuracy = 0.86
[[plan]]
name = "start"
usd_per_month = 29
included_1k = 20
overage_usd_per_1k = 1.2
[usage]
median_1k_per_month = 30
signups_per_month = 60
"""
ALPHA = "alpha_per_usd_per_1k = 2"
PRICE = "usd_per_1k = 0.0068"
ELASTIC = "elasticity = -1.5\nelasticity_at_usd_per_1k = 0.5\nelasticity_share = 0.2"

# (command, what is replaced, by what, the words that must be told)
FILES = {
    "negative price": ("price", PRICE, "usd_per_1k = -1", "[rival 1] usd_per_1k"),
    "price of nothing": ("price", PRICE, "usd_per_1k = 0", "[rival 1] usd_per_1k"),
    "price as text": ("price", PRICE, 'usd_per_1k = "$0.0068"', "a number"),
    "price not a number": ("price", PRICE, "usd_per_1k = nan", "[rival 1] usd_per_1k"),
    "endless price": ("price", PRICE, "usd_per_1k = inf", "[rival 1] usd_per_1k"),
    "undated price": ("price", PRICE, 'usd_per_1k = { value = 1, source = "price" }', "the date of"),
    "price dated tomorrow": ("price", PRICE,
        'usd_per_1k = { value = 1, source = "price:2027-01-01 page" }', "2027-01-01"),
    "scenario before any price": ("price", "date = 2026-11-21", "date = 1066-10-14", "1066-10-14"),
    "no date": ("price", "date = 2026-11-21", "", "date"),
    "date as a number": ("war", "date = 2026-11-21", "date = 20261121", "a date such as"),
    "no such day": ("war", "date = 2026-11-21", 'date = "2026-02-30"', "date"),
    "mixed currencies": ("price", 'name = "nano"', 'name = "nano"\ncurrency = "EUR"', "USD everywhere"),
    "another currency": ("plan", 'name = "typed"', 'name = "typed"\ncurrency = "CNY"', "USD everywhere"),
    "no currency sign": ("plan", 'name = "typed"', 'name = "typed"\ncurrency = ""', "USD everywhere"),
    "share above 1": ("price", ALPHA, ELASTIC.replace("0.2", "1.4"), "[buyers] elasticity_share"),
    "accuracy in percent": ("price", "accuracy = 0.94", "accuracy = 94", "[own] accuracy"),
    "accuracy below 0": ("invest", "accuracy = 0.86", "accuracy = -0.1", "[rival 1] accuracy"),
    "alpha of 0": ("price", ALPHA, "alpha_per_usd_per_1k = 0", "[buyers] alpha_per_usd_per_1k"),
    "alpha of the wrong sign": ("price", ALPHA, "alpha_per_usd_per_1k = -2", "[buyers] alpha_per_usd_per_1k"),
    "no alpha": ("price", ALPHA, "", "one of alpha_per_usd_per_1k"),
    "two alphas": ("price", ALPHA, ALPHA + "\n" + ELASTIC, "one of alpha_per_usd_per_1k"),
    "negative capacity": ("price", "cores = 1", "cores = 1\ncapacity_1k_per_month = -1", "[own] capacity_1k_per_month"),
    "capacity of nothing": ("price", 'name = "nano"', 'name = "nano"\ncapacity_1k_per_month = 0', "[rival 1] capacity_1k_per_month"),
    "needs more than it can": ("price", "cores = 1", "cores = 1\ncapacity_1k_per_month = 5", "within own.capacity_1k_per_month"),
    "a nest nobody made": ("price", 'name = "nano"', 'name = "nano"\nnest = "none"', "[[buyers.nest]]"),
    "an empty nest": ("price", ALPHA, ALPHA + '\n[[buyers.nest]]\nname = "a"\nrho = 0.5', "a product in the nest 'a'"),
    "the same good in a nest": ("price", ALPHA, ALPHA + '\n[[buyers.nest]]\nname = "a"\nrho = 1', "rho"),
    "nests of one name": ("price", ALPHA, ALPHA + '\n[[buyers.nest]]\nname = "a"\nrho = 0.5\n[[buyers.nest]]\nname = "a"\nrho = 0.5', "nests of different names"),
    "nests on a line": ("price", ALPHA, 'demand = "linear"\nchoke_usd_per_1k = 2\n[[buyers.nest]]\nname = "a"\nrho = 0.5', "nests with logit demand"),
    "alpha read from nowhere": ("price", ALPHA, 'alpha_per_usd_per_1k = { source = "rates" }', "buyers.alpha_per_usd_per_1k"),
    "demand that rises": ("price", ALPHA, ELASTIC.replace("-1.5", "1.5"), "below 0"),
    "inside -1": ("price", ALPHA, 'demand = "constant-elasticity"\n' + ELASTIC.replace("-1.5", "-0.7"), "grows with price for ever"),
    "elasticity not a number": ("price", ALPHA, ELASTIC.replace("-1.5", "nan"), "[buyers] elasticity"),
    "choke below cost": ("price", ALPHA, 'demand = "linear"\nchoke_usd_per_1k = 0.000001', "choke price"),
    "no rivals": ("price", '[[rival]]\nname = "nano"\nusd_per_1k = 0.0068\naccuracy = 0.86', "", "rival"),
    "an empty rival": ("price", 'name = "nano"\nusd_per_1k = 0.0068\naccuracy = 0.86', "", "rival 1"),
    "rivals of one name": ("war", "[[plan]]", '[[rival]]\nname = "nano"\nusd_per_1k = 1\naccuracy = 0.5\n[[plan]]', "different names"),
    "a rival that is you": ("war", 'name = "nano"', 'name = "you"', "you"),
    "repricing without a cost": ("price", 'name = "nano"', 'name = "nano"\nreprices = true', "cost_usd_per_1k"),
    "unknown table": ("price", "[war]", "[luck]\nmuch = 1\n[war]", "'luck'"),
    "misspelt key": ("price", "cash_usd", "cash_us", "Did you mean"),
    "a table given twice": ("price", "[war]", "[own]\n[war]", "line"),
    "not TOML": ("price", "date = 2026-11-21", "date 2026-11-21", "line 3"),
    "an empty file": ("price", FILE, "", "buyers"),
    "seconds for milliseconds": ("price", "p95_ms = 12", "p95_s = 0.012", "p95_ms"),
    "latency of 0": ("price", "p95_ms = 12", "p95_ms = 0", "[own] p95_ms"),
    "a promise faster than idle": ("price", "cash_usd = 60000", "cash_usd = 60000\nslo_ms = 1", "a promise above the idle p95"),
    "no throughput": ("price", "texts_per_second = 1800", "texts_per_second = 0", "[own] texts_per_second"),
    "the whole price a fee": ("price", "cores = 1", "cores = 1\npayment_fee_share = 1", "fee"),
    "fee in percent": ("price", "cores = 1", "cores = 1\npayment_fee_share = 2.9", "[own] payment_fee_share"),
    "no requests": ("price", "9_000_000", "0", "[company] requests_per_month"),
    "negative cash": ("war", "cash_usd = 60000", "cash_usd = -5", "[company] cash_usd"),
    "half a month": ("war", "cash_usd = 60000", "cash_usd = 1\nhorizon_months = 0.5", "[company] horizon_months"),
    "no months": ("war", "cash_usd = 60000", "cash_usd = 1\nhorizon_months = 0", "[company] horizon_months"),
    "a thousand years": ("war", "cash_usd = 60000", "cash_usd = 1\nhorizon_months = 12000", "[company] horizon_months"),
    "funding in month 0": ("war", "cash_usd = 60000", "cash_usd = 1\nfunding_month = 0", "[company] funding_month"),
    "no paths": ("war", "paths = 100", "paths = 0", "[war] paths"),
    "huge paths": ("war", "paths = 100", "paths = 1000000000", "[war] paths"),
    "paths in halves": ("war", "paths = 100", "paths = 100.5", "[war] paths"),
    "unlawful policy": ("war", "paths = 100", 'policy = "collude"', "[war] policy"),
    "limit without a price": ("war", "paths = 100", 'policy = "limit"', "limit_usd_per_1k"),
    "undercut by all": ("war", "paths = 100", 'policy = "undercut"\nundercut_share = 1', "[war] undercut_share"),
    "inertia beyond sense": ("war", "[war]", "[future]\ninertia = 1e6\n[war]", "inertia"),
    "releases by the hour": ("war", "[war]", "[future]\nreleases_per_year = 9000\n[war]", "releases_per_year"),
    "price ratio of 0": ("war", "[war]", "[future]\nrelease_price_ratio = 0\n[war]", "[future] release_price_ratio"),
    "market a million times over": ("war", "[war]", "[future]\ndemand_ratio_per_year = 1e9\n[war]", "demand_ratio_per_year"),
    "churn above 1": ("invest", "[war]", "[invest]\ncustomer_usd_per_month = 9\nchurn_per_month = 1.5\n[war]", "[invest] churn_per_month"),
    "churn of 0": ("invest", "[war]", "[invest]\ncustomer_usd_per_month = 9\nchurn_per_month = 0\n[war]", "[invest] churn_per_month"),
    "customer won for nothing": ("invest", "[war]", "[invest]\ncustomer_usd_per_month = 9\nchurn_per_month = 0.5\nacquisition_usd = 0\n[war]", "acquisition_usd"),
    "worth without churn": ("invest", "[war]", "[invest]\ncustomer_usd_per_month = 9\n[war]", "churn_per_month"),
    "plans of one name": ("plan", "[usage]", '[[plan]]\nname = "start"\nusd_per_month = 1\n[usage]', "different names"),
    "nothing but a trial": ("plan", "overage_usd_per_1k = 1.2", "trial = true", "a plan that is paid for"),
    "negative overage": ("plan", "overage_usd_per_1k = 1.2", "overage_usd_per_1k = -1", "[plan 1] overage_usd_per_1k"),
    "usage without plans": ("plan", '[[plan]]\nname = "start"\nusd_per_month = 29\nincluded_1k = 20\noverage_usd_per_1k = 1.2', "", "[[plan]]"),
    "usage spread beyond sense": ("plan", "signups_per_month = 60", "signups_per_month = 60\nspread = 400", "spread"),
    "conversion above 1": ("plan", "signups_per_month = 60", "signups_per_month = 60\nconversion = 5", "[usage] conversion"),
    "weights beyond 1": ("price", ALPHA, '[[buyers.segment]]\nname = "a"\nweight = 0.7\nalpha_per_usd_per_1k = 1\n[[buyers.segment]]\nname = "b"\nweight = 0.7\nalpha_per_usd_per_1k = 1', "add up to 1"),
    "segments of one name": ("price", ALPHA, '[[buyers.segment]]\nname = "a"\nweight = 0.5\nalpha_per_usd_per_1k = 1\n[[buyers.segment]]\nname = "a"\nweight = 0.5\nalpha_per_usd_per_1k = 1', "different names"),
    "a book that is not there": ("price", 'name = "typed"', 'name = "typed"\nbooks = ["none.toml"]', "none.toml"),
    "a run that is not there": ("price", "accuracy = 0.94", 'accuracy = { source = "run:nobody" }', "nobody"),
    "a curve that is not there": ("price", "[war]", '[labels]\ncurve = "none"\n[war]', "none"),
    "two mistakes in a table and one across": ("price", ALPHA + "\n", "error_usd = -1\nmarket_1k = 3\n", "one of alpha_per_usd_per_1k"),
}  # fmt: skip
FLAGS = {
    "war without months": (["war", "--months", "0"], "months"),
    "war of too few paths": (["war", "--paths", "1"], "paths"),
    "war of endless paths": (["war", "--paths", "99999999999"], "paths"),
    "war by a word": (["war", "--paths", "many"], "paths"),
    "war of negative seed": (["war", "--seed", "-1"], "seed"),
    "no such file": (["price", "--scenario", "none.toml"], "none.toml"),
    "a folder for a file": (["war", "."], "."),
    "rates that are not there": (["price", "--scenario", "market.toml", "--rates", "none.toml"], "none.toml"),
    "market of no tokens": (["market", "--input-tokens", "0", "--output-tokens", "2"], "input"),
    "market of half a size": (["market", "--input-tokens", "9"], "both"),
    "market of no day": (["market", "--input-tokens", "9", "--output-tokens", "2", "--price-date", "soon"], "a date such as"),
    "market before all prices": (["market", "--input-tokens", "9", "--output-tokens", "2", "--price-date", "1066-10-14"], "1066-10-14"),
    "market of a book that is not there": (["market", "--input-tokens", "9", "--output-tokens", "2", "--rivals", "none.toml"], "none.toml"),
    "curve of no file": (["learning-curve", "none.csv"], "none.csv"),
    "curve of no method": (["learning-curve", "rows.csv", "--methods", "magic"], "magic"),
    "curve of free labels at a loss": (["learning-curve", "rows.csv", "--usd-per-label", "-1"], "usd-per-label"),
    "load test of no server": (["loadtest", "not-an-address", "--data", "rows.csv"], "not-an-address"),
    "load test that never climbs": (["loadtest", "http://127.0.0.1:9", "--factor", "1"], "factor"),
    "load test of no promise": (["loadtest", "http://127.0.0.1:9", "--slo-ms", "0"], "slo"),
    "load test of no time": (["loadtest", "http://127.0.0.1:9", "--step-seconds", "nan"], "step"),
    "load test that begins above its end": (["loadtest", "http://127.0.0.1:9", "--start-per-second", "9", "--most-per-second", "3", "--data", "rows.csv"], "start"),
    "usage of no file": (["plan", "--usage", "none.csv"], "none.csv"),
    "usage not a number": (["plan", "--usage", "usage.csv"], "usage.csv:3"),
    "usage of two places": (["plan", "--usage", "usage.csv", "--state-folder", "x"], "usage"),
}  # fmt: skip


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", _without_matplotlib)
    (tmp_path / "rows.csv").write_text("text,label\na,x\nb,y\n")
    (tmp_path / "usage.csv").write_text("requests_per_month\n100\nnan\n")

    def run(text: str, *words: str) -> tuple[int, str, str]:
        (tmp_path / "market.toml").write_text(text)
        try:
            main([*words, "--quiet"])
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.mark.parametrize("name", FILES)
def test_nonsense_in_the_file_is_told_with_its_key(typed, tmp_path, name):
    command, old, new, words = FILES[name]
    assert FILE.count(old) >= 1
    more = ["--scenario", "market.toml"] if command == "price" else []
    code, out, err = typed(FILE.replace(old, new, 1), command, *more)
    _refused(code, out, err, words)
    assert not (tmp_path / "undercut-out").exists()


@pytest.mark.parametrize("name", FLAGS)
def test_nonsense_in_the_flags_is_told_with_its_flag(typed, tmp_path, name):
    words, told = FLAGS[name]
    code, out, err = typed(FILE, *words)
    _refused(code, out, err, told)
    assert not list(tmp_path.rglob("economics.*"))


def _refused(code: int, out: str, err: str, words: str) -> None:
    assert (code, out) == (2, ""), err + out
    assert words in err, err
    lowered = err.lower()
    assert not any(w in lowered for w in ("traceback", "pydantic", "validation error"))
    assert err.count("(error ") <= 1


def test_every_mistake_of_a_file_is_told_in_one_go(typed):
    text = FILE.replace("accuracy = 0.94", "accuracy = 94").replace(ALPHA + "\n", "")
    text = text.replace("p95_ms = 12", "p95_s = 12").replace("cash_usd = 60000", "cash_usd = -1")
    text = text.replace('name = "nano"', 'name = "nano"\ncurrency = "EUR"')
    code, _, err = typed(text, "war")
    assert code == 2
    for words in ("[own] accuracy", "p95_s", "[company] cash_usd", "[rival 1] currency",
                  "one of alpha_per_usd_per_1k"):  # fmt: skip
        assert words in err


PLAIN = {
    "an empty cash band": ("fixed_usd_per_month = 6000", "fixed_usd_per_month = 9e9",
                           "No price saves this"),
    "one product in a nest": (ALPHA, ALPHA + '\n[[buyers.nest]]\nname = "alone"\nrho = 0.5',
                              "nest 'alone' holds one product"),
    "a day still to come": ("date = 2026-11-21", "date = 2999-01-01", "still to come"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_odd_but_possible_is_said_plainly(typed, name):
    old, new, words = PLAIN[name]
    text = FILE.replace(old, new, 1)
    if "nest" in name:
        text = text.replace("cores = 1", 'cores = 1\nnest = "alone"')
    code, out, _ = typed(text, "war", "--json")
    found = json.loads(out)
    assert code == 0
    assert words in " ".join([*found["sentences"], *found["notes"]])
