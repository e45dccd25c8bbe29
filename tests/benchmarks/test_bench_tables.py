"""The tables come from the JSON alone."""

from __future__ import annotations

import json

import pytest
from benchmarks.figures import number, percent, spread, table
from results_fixture import results

from benchmarks import record, tables


def page() -> str:
    blocks = "\n".join(f"<!-- begin {n} -->\nold\n<!-- end {n} -->" for n in tables.BLOCKS)
    return f"# Title\n\nprose stays\n\n{blocks}\n"


def test_every_block_is_replaced_and_prose_stays():
    text = tables.fill(page(), results())
    assert "\nold\n" not in text and "prose stays" in text
    assert tables.fill(text, results()) == text


def test_extrapolated_times_are_labelled_and_unmeasured_accuracy_is_not_invented():
    lines = tables.training(results()).splitlines()
    tutorial = next(line for line in lines if line.startswith("| tutorial"))
    assert "extrapolated from 45 of 3130 steps in 3 rounds" in tutorial
    assert "not measured here" in tutorial
    assert "7\u2009100 (7\u2009000 to 7\u2009200)" in tutorial


def test_a_run_through_recipe_is_not_called_extrapolated():
    found = results()
    for row in found["peers_tutorial"]["rows"]:
        row |= {"extrapolated": False, "accuracy": 0.714}
    tutorial = next(x for x in tables.training(found).splitlines() if x.startswith("| tutorial"))
    assert "71.4 %" in tutorial and "extrapolated" not in tutorial


def test_rows_have_as_many_cells_as_their_head():
    for name, block in tables.BLOCKS.items():
        found = [
            [x for x in part.splitlines() if x.startswith("|")]
            for part in block(results()).split("\n\n")
        ]
        assert any(found), name
        for lines in filter(None, found):
            assert {x.count(" | ") for x in lines} == {lines[0].count(" | ")}, name


def test_missing_results_are_said_to_be_missing():
    for name, block in tables.BLOCKS.items():
        assert "measured" in block({}).lower(), name


@pytest.mark.parametrize(
    "text", ["no blocks", page() + "<!-- begin extra -->\n<!-- end extra -->\n"]
)
def test_a_page_with_other_blocks_is_refused(text):
    with pytest.raises(ValueError, match="expected the blocks"):
        tables.fill(text, results())


def test_the_committed_page_is_what_the_committed_results_give():
    text = tables.README.read_text(encoding="utf-8")
    assert tables.fill(text, record.read_all()) == text


def test_committed_results_name_no_folder_of_the_machine():
    def strings(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for v in value:
                yield from strings(v)
        elif isinstance(value, str):
            yield value

    found = [s for r in record.read_all().values() for s in strings(r)]
    assert not [s for s in found if s.startswith(("/", "~"))]


def test_write_and_read_give_the_same_rows(tmp_path):
    rows = [{"seed": 1, "name": "很好"}]
    path = record.write("sample", "s", 2, [1], {"epochs": 5}, rows, tmp_path)
    found = record.read_all(tmp_path)["sample"]
    assert found["rows"] == rows and found["settings"] == {"epochs": 5} and found["seeds"] == [1]
    assert {"commit", "processor", "versions", "date", "cores"} <= set(found)
    assert "很好" in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["sample.json"]
    json.loads(path.read_text(encoding="utf-8"))


def test_figures():
    assert percent(0.9366, 2) == "93.66 %"
    assert [number(x) for x in (7250.4, 48.25, 0.914)] == ["7\u2009250", "48.2", "0.91"]
    assert spread([0.9, 0.92], percent) == "91.0 % (90.0 % to 92.0 %)"
    assert spread([5.0]) == "5.00"
    assert table(["a", ">b"], [["x|y", "1"]]).splitlines()[1:] == ["| --- | ---: |", "| x/y | 1 |"]


def test_adapters_are_set_against_full():
    lora = next(x for x in tables.BLOCKS["adapters"](results()).splitlines() if "`lora`" in x)
    assert "20 (2.0 %)" in lora
    assert "-0.5" in lora


def test_runtimes_say_what_failed_and_what_was_not_gated():
    lines = tables.BLOCKS["runtimes"](results()).splitlines()
    assert "failed: No module named 'optimum'" in next(x for x in lines if "onnx |" in x)
    assert "not gated" in next(x for x in lines if "torch bfloat16" in x)
    assert "25.0 %" in next(x for x in lines if "**onnxruntime float32**" in x)
    assert "no such product" in tables.BLOCKS["peaks"](results())
    assert "the same bytes" in tables.BLOCKS["growth"](results())


def test_entities_stand_beside_the_tutorial():
    lines = tables.BLOCKS["tagging"](results()).splitlines()
    stack = next(x for x in lines if "stacked" in x)
    assert "90.4 %" in stack and "600" in stack and "stack pays: 1 of 1" in stack
    assert "extrapolated from 15 of 3130" in next(x for x in lines if "tutorial" in x)
    assert "**undercut linear**" in tables.BLOCKS["tagging-linear"](results())


def test_a_search_is_told_by_what_it_climbed_and_cost():
    text = tables.BLOCKS["tune"](results())
    best = [x for x in text.splitlines() if x.startswith("| ") and "rate 0.0007" in x]
    assert len(best) == 1 and "94.2 %" in best[0]
    assert "94.60 %" in text and "94.50 %" in text and "30 / 20" in text
    assert "8 trials (5 complete, 1 pruned, 1 failed, 1 left out)" in text
    assert "`partial`: rate 71.0 %, layers 29.0 %" in text
    assert "tune_banking77.png" in text
