"""The dated scenarios of examples/pricewar say what their first lines promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from undercut.core.specs_economics import ScenarioSpec
from undercut.pipeline.scenario.answer import answer, read_all

ROOT = Path(__file__).resolve().parents[3]
EXPECTED = {
    "niche": ("charge", "You can charge $"),
    "use_the_api": ("use-api", "Use the API: at "),
    "attrition": ("unprofitable", "No price earns the money back"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_answers_as_its_page_in_the_gallery_says(name, tmp_path):
    path = ROOT / "examples" / "pricewar" / f"{name}.toml"
    facts = answer(read_all(ScenarioSpec(workspace=tmp_path, scenario=path)), paths=2000)
    kind, words = EXPECTED[name]
    assert facts.kind == kind
    assert facts.verdict[0].startswith(words)
    page = (ROOT / "docs" / "gallery" / f"{name}.md").read_text(encoding="utf-8")
    assert facts.verdict[0].replace("\u202f", "\u00a0") in page
    for picture in (ROOT / "docs" / "gallery" / name).glob("*.png"):
        assert picture.stat().st_size < 100_000
    if name == "attrition":
        assert facts.war.survival[2][-1] < facts.war.alive < 1
        assert facts.war.runway_ratio > 1
    if name == "niche":
        assert facts.plans.result.profit_usd_per_month > 0
