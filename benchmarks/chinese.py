"""Chinese: our ``auto`` against well-set TF-IDF + LinearSVC on the same test rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import datasets, linear_model, ours
from benchmarks.paired import mcnemar
from benchmarks.part import call

SETTINGS = {
    "peer": "the committed recipe with the best validation accuracy, fitted on all training rows",
    "test": "McNemar, exact, two-sided, 5 %",
    "waimai_10k": f"repeated texts dropped; test {datasets.TEST_SHARE:.0%} of each class, seed 0",
    "thucnews_titles": "trained on dev.txt, tested on test.txt",
}
SIGNIFICANCE = 0.05


def compare(own: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:
    """Return one row: both accuracies, and whether ours is significantly below."""
    test = mcnemar(own["wrong"], peer["wrong"])
    below = test["only_a"] < test["only_b"] and test["p_value"] < SIGNIFICANCE
    return {
        "dataset": own["dataset"],
        "seed": own["seed"],
        "accuracy": own["accuracy"],
        "promoted": own["promoted"],
        "rungs": own["rungs"],
        "whole_cpu_seconds": own["whole_cpu_seconds"],
        "training_cpu_seconds": own["training_cpu_seconds"],
        "peer": peer["recipe"],
        "peer_settings": peer["settings"],
        "peer_accuracy": peer["accuracy"],
        "peer_cpu_seconds": peer["training"]["cpu_seconds"],
        "only_ours_right": test["only_a"],
        "only_peer_right": test["only_b"],
        "p_value": test["p_value"],
        "significantly_below": below,
    }


def measure(
    dataset: str, seed: int, data: Path, work: Path, threads: int, method: str = "auto"
) -> dict[str, Any]:
    """Run both contenders on one data set with one seed."""
    split = datasets.read(dataset, data)
    recipe = linear_model.best_recipe(dataset)
    request = {"dataset": dataset, "data": str(data), "recipe": recipe, "seed": seed}
    peer = call("benchmarks.peers_linear", request, threads)
    return compare(ours.measure(split, method, seed, work, data, threads), peer)
