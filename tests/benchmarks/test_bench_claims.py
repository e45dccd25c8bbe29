"""Claims are judged from the results, on both sides of their targets."""

from __future__ import annotations

import pytest
from benchmarks.claims import best_trainer, best_variant, cheapest_above_bert, judge_all
from results_fixture import document, formulas, results, searched, soaked, tagged, words


def verdicts(found):
    return {v.claim: v for v in judge_all(found)}


def one(found, *words):
    return next(v for c, v in verdicts(found).items() if all(w in c for w in words))


def test_all_are_met_by_good_results():
    assert [v.met for v in judge_all(results())] == [True] * 30


def test_nothing_measured_claims_nothing():
    assert [v.met for v in judge_all({})] == [None] * 30


@pytest.mark.parametrize(
    ("words", "worse"),
    [
        (("tutorial recipe",), {"cpu": 48.0}),
        (("best Trainer",), {"cpu": 47.0}),
        (("pipeline, default",), {"fast": 1199.0}),
        (("pipeline, batch 32",), {"fast": 1319.0}),
    ],
)
def test_a_figure_just_below_its_target_is_not_met(words, worse):
    assert one(results(), *words).met is True
    assert one(results(**worse), *words).met is False


def test_the_cheapest_rung_must_reach_bert_base():
    assert cheapest_above_bert(results())[0] == "probe"
    below = results(probe=0.930)
    assert cheapest_above_bert(below)[0] == "full"
    assert one(below, "tutorial recipe").met is False


def test_a_mean_decides_and_not_the_best_seed():
    found = results()
    for row, accuracy in zip(
        [r for r in found["ours"]["rows"] if r["method"] == "auto"],
        (0.95, 0.939, 0.930),
        strict=True,
    ):
        row["accuracy"] = accuracy
    assert one(found, "`auto`", "Banking77").met is False


def test_a_significant_loss_on_any_seed_is_not_met():
    found = results()
    found["chinese"]["rows"][0]["significantly_below"] = True
    assert one(found, "waimai_10k").met is False
    assert one(found, "thucnews_titles").met is True


def test_ratios_across_invocations_say_so():
    found = results()
    assert "not the same run" not in one(found, "tutorial recipe").measured
    for row in found["ours"]["rows"]:
        row["session"] = "two"
    assert "not the same run" in one(found, "tutorial recipe").measured


def test_a_refused_variant_is_never_the_best():
    found = results()
    extra = dict(
        found["throughput"]["rows"][-1], name="full int8", gate="refused", rounds=[9e3] * 3
    )
    found["throughput"]["rows"].append(extra)
    assert best_variant(found)["name"] == "probe+linear int8"


def test_best_trainer_is_the_cheapest_setting():
    assert best_trainer(results()) == ("trainer, grouped by length, bf16", 700.0)
    assert best_trainer({"peers_trainer": document("peers_trainer", [])}) is None


def test_the_ratio_is_of_the_rows_timed_beside_the_peers():
    found = results()
    beside = [r | {"training_cpu_seconds": 1.0} for r in found["ours"]["rows"]]
    found["ours_beside_peers"] = found["ours"] | {"rows": beside}
    peer = one(found, "tutorial recipe")
    assert peer.met is True
    for row in beside:
        row["training_cpu_seconds"] = 1e6
    assert one(found, "tutorial recipe").met is False


@pytest.mark.parametrize(
    ("words", "name", "worse"),
    [
        (("stacked", "entity F1"), "tagging_rungs", [tagged(89.4, 600.0)]),
        (("stacked", "tutorial"), "tagging_rungs", [tagged(90.4, 701.0)]),
        (("stacked", "right tag"), "tagging_rungs", [tagged(89.2, 600.0)]),
        (("CRF", "`linear`"), "tagging", [words("undercut linear", 84.4, 13.0)]),
        (("CRF", "`linear`"), "tagging", [words("undercut linear", 87.2, 20.1)]),
        (("`undercut tune`",), "tune", [searched(0.93, 0.945, 0.01)]),
        (("`undercut tune`",), "tune", [searched(0.946, 0.945, 0.6, usd=0.21)]),
        (("`lora`", "`adapter`"), "adapters", None),
        (("--coreset",), "coreset", None),
    ],
)
def test_the_newer_parts_are_judged_on_both_sides(words, name, worse):
    found = results()
    assert one(found, *words).met is True
    if worse is not None:
        found[name]["rows"] = worse
    elif name == "adapters":
        lora = next(r for r in found[name]["rows"] if r["method"] == "lora")
        lora["accuracy"] = 0.929
    else:
        for row in found[name]["rows"]:
            for f in row["found"]:
                f["accuracy"] = 0.6
    assert one(found, *words).met is False


def test_adapters_without_full_or_a_set_are_not_judged():
    found = results()
    kept = [r for r in found["adapters"]["rows"] if r["dataset"] == "banking77"]
    found["adapters"]["rows"] = kept
    assert one(found, "`lora`").met is None
    found["adapters"]["rows"] = [r for r in kept if r["method"] != "full"]
    assert one(found, "`lora`").met is None


def test_many_chosen_rows_are_no_part_of_the_claim():
    found = results()
    for row in found["coreset"]["rows"]:
        row["rows"] = 700
    assert one(found, "--coreset").met is None


@pytest.mark.parametrize(
    ("contender", "connections", "change", "word"),
    [
        ("ours", 64, {"per_second": 880.0}, "best peer"),
        ("ours", 64, {"p99_ms": 270.0}, "best peer"),
        ("ours", 1, {"p50_ms": 3.3}, "per request"),
        ("ours", 64, {"per_second": 840.0}, "1 / backend"),
        ("ours", 64, {"per_second": 980.0}, "metering"),
    ],
)
def test_a_server_below_its_target_is_not_met(contender, connections, change, word):
    assert one(results(), word).met is True
    found = results()
    for row in found["serving"]["rows"]:
        if (row["contender"], row.get("connections")) == (contender, connections):
            row |= change
    assert one(found, word).met is False


def test_a_soak_that_grows_is_not_met():
    found = results()
    found["serving_soak"]["rows"] = [soaked(1.2)]
    assert one(found, "soak").met is False


@pytest.mark.parametrize("change", [{"accuracy": 0.926}, {"to_label": {"wall": 390_000}}])
def test_a_student_below_its_rate_or_accuracy_is_not_met(change):
    assert one(results(), "hashed").met is True
    found = results()
    for row in found["distil"]["rows"]:
        row |= change
    assert one(found, "hashed").met is False


def test_an_encoder_below_its_rate_or_without_its_gate_is_not_met():
    assert one(results(), "six-layer").met is True
    for change in ({"texts_per_second": 2999.0}, {"gate": "refused"}, {"gated": False}):
        found = results()
        next(r for r in found["runtimes"]["rows"] if r.get("gate") == "passed").update(change)
        assert one(found, "six-layer").met is not True


@pytest.mark.parametrize("change", [{"accuracy": 0.936}, {"texts_per_second": 5_990.0}])
def test_a_shorter_encoder_below_its_rate_or_accuracy_is_not_met(change):
    assert one(results(), "fewer layers").met is True
    found = results()
    next(r for r in found["runtimes"]["rows"] if "layers" in r).update(change)
    assert one(found, "fewer layers").met is False


@pytest.mark.parametrize(
    ("row", "change", "word"),
    [
        (1, {"peak_memory_bytes": 2.5e8}, "a tenth"),
        (1, {"wall_seconds": 12.6}, "a tenth"),
        (2, {"same_bytes": False}, "SIGKILL"),
        (2, {"resumed_rows": 0}, "SIGKILL"),
    ],
)
def test_a_file_that_grows_or_a_kill_that_costs_is_not_met(row, change, word):
    found = results()
    found["growth"]["rows"][row].update(change)
    assert one(found, word).met is False


@pytest.mark.parametrize(
    ("words", "worse"),
    [
        (("50 segments",), {"mixed_ms": 1.31}),
        (("95 % intervals",), {"covered": 0.91}),
        (("ten times the paths",), {"slow": 1.6}),
    ],
)
def test_economics_just_beside_its_target_is_not_met(words, worse):
    found = results()
    assert one(found, *words).met is True
    found["economics"]["rows"] = formulas(**worse)
    assert one(found, *words).met is False
