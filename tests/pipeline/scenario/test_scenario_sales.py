"""Alpha fitted to a file of sales goes into the answer with its standard error."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scenario.scenario_fixture import GONE, changed
from undercut.core.errors import UndercutError
from undercut.economics.scenario.read import parse_scenario
from undercut.ledger.price import Rates
from undercut.pipeline.scenario.answer import Read, answer
from undercut.pipeline.scenario.resolve import resolve

ALPHA, DELTA, MARKET = 2.5, -1.0, 60_000


def rows(seed=0) -> str:
    rng = np.random.default_rng(seed)
    lines = ["month,price_usd_per_1k,volume_1k"]
    for month, price in enumerate(rng.uniform(0.3, 1.5, 30)):
        share = 1 / (1 + np.exp(ALPHA * price - DELTA))
        lines.append(f"{month},{price:.6f},{rng.binomial(MARKET, share)}")
    return "\n".join(lines)


def answered(folder, text, **changes):
    (folder / "销售.csv").write_text(text, encoding="utf-8")
    table = changed(buyers__alpha_per_usd_per_1k=GONE, buyers__sales="销售.csv", **changes)
    scenario = parse_scenario(table).model_copy(update={"folder": str(folder)})
    inputs = resolve(scenario, folder, Rates())
    return answer(Read(scenario, inputs, None, None, []), paths=100)


def test_the_fitted_alpha_decides_and_says_how_sure_it_is(tmp_path):
    facts = answered(tmp_path, rows())
    alpha = facts.inputs.items["buyers.alpha_per_usd_per_1k"]
    assert alpha.low < ALPHA < alpha.high and alpha.high - alpha.low < 0.1
    assert not alpha.assumed
    assert "30 rows of 销售.csv: standard error 0.0" in alpha.source
    assert alpha.source in facts.verdict[-1] and "assumption" not in facts.verdict[-1]
    assert facts.pricing.alpha_per_usd_per_1k == alpha.value
    assert "buyers.alpha_per_usd_per_1k" in {bar.key for bar in facts.tornado.bars}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no rows"),
        ("price,volume\n1,2", "price_usd_per_1k, volume_1k"),
        ("price_usd_per_1k,volume_1k\n1,2\n2,much\n3,1", r"销售.csv:3, volume_1k"),
        ("price_usd_per_1k,volume_1k\n1,2\nnan,3\n3", r"销售.csv:3, price_usd_per_1k"),
        ("price_usd_per_1k,volume_1k\n1,5\n1,6\n1,7", "same price"),
        ("price_usd_per_1k,volume_1k\n1,5\n2,6\n3,9", "fall as the price rises"),
        ("price_usd_per_1k,volume_1k\n1,50\n2,20\n3,90000000", "at most the market"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_its_place(tmp_path, text, match):
    with pytest.raises(UndercutError, match=match) as caught:
        answered(tmp_path, text)
    assert "buyers.alpha_per_usd_per_1k" in str(caught.value)


def test_a_file_that_is_not_there_and_two_ways_at_once(tmp_path):
    table = changed(buyers__alpha_per_usd_per_1k=GONE, buyers__sales="none.csv")
    scenario = parse_scenario(table).model_copy(update={"folder": str(tmp_path)})
    with pytest.raises(UndercutError, match="No such file"):
        resolve(scenario, tmp_path, Rates())
    with pytest.raises(UndercutError, match="one of alpha_per_usd_per_1k, sales"):
        parse_scenario(changed(buyers__sales="none.csv"))
    linear = changed(buyers__demand="linear", buyers__choke_usd_per_1k=2, buyers__sales="none.csv")
    with pytest.raises(UndercutError, match="logit demand with sales"):
        parse_scenario(linear)
