"""The encoder rungs on words, alone and stacked with the linear one, as published.

Trained on the training file, everything chosen on the validation file, the test file asked once.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import tagged
from benchmarks.clock import measured
from benchmarks.part import serve
from benchmarks.tagging import examples, found_in

METHODS = ("probe", "partial", "full")
BASE = "minilm"
SETTINGS = {
    "quality": "strict entity F1 on the published test file; 95 % interval over documents",
    "ours": "the method with its own options, and its stack with the linear rung; epochs, "
    "temperatures and weights chosen on the published validation file, which is not trained on",
    "base": BASE,
}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Fit the linear rung and one encoder rung, stack them, and answer the test file once."""
    from undercut.core import plugins
    from undercut.evaluation.stacking import fit_stack, stack_log_probs, stack_value

    name, method = request["dataset"], request["method"]
    train, valid, test = (examples(d) for d in tagged.splits(name, Path(request["data"])))
    task = plugins.attr(plugins.get("task", "token-classification").load)()
    labels = task.label_space(train.targets)
    seconds: dict[str, float] = {}
    valid_scores, test_scores = [], []
    with tempfile.TemporaryDirectory() as folder:
        for each in (method, "linear"):
            place = Path(folder) / each
            with measured() as usage:
                fitted = _fit(task, labels, each, train, valid, place, request)
            seconds[each] = usage.cpu_seconds
            scorer = _open(task, labels, fitted, place / "out", request["threads"])
            with measured() as usage:
                valid_scores.append(scorer.score(valid.inputs).log_probs)
            seconds[f"{each} on validation"] = usage.cpu_seconds
            test_scores.append(scorer.score(test.inputs).log_probs)
    with measured() as usage:

        def judge(scores: Any) -> Any:
            return task.judge(scores, valid, labels)

        y = task.encode(valid, labels)
        weights = fit_stack(valid_scores, y, judge(valid_scores[0]).items)
        value = stack_value(valid_scores, y, weights, judge, task.quality_name)
    seconds["stack"] = usage.cpu_seconds
    stacked = stack_log_probs(test_scores, weights)
    documents = tagged.splits(name, Path(request["data"]))[2]
    scored = {method: test_scores[0], "linear": test_scores[1], "stack": stacked}
    return {
        "dataset": name,
        "method": method,
        "seed": request["seed"],
        "rungs": {k: _scores(task, labels, s, test, documents) for k, s in scored.items()},
        "valid_f1": {
            k: 100 * judge(s).quality.value
            for k, s in {
                method: valid_scores[0],
                "linear": valid_scores[1],
                "stack": stack_log_probs(valid_scores, weights),
            }.items()
        },
        "weights": list(weights.weights),
        "pays": value.pays,
        "reason": value.reason,
        "cpu_seconds": {k: round(v, 2) for k, v in seconds.items()},
        "whole_cpu_seconds": round(sum(seconds.values()), 2),
    }


def _fit(
    task: Any, labels: Any, method: str, train: Any, valid: Any, place: Path, request: Any
) -> Any:
    from undercut.core import plugins
    from undercut.core.contracts import FitJob

    way = plugins.way(method, task.name)
    (place / "out").mkdir(parents=True)
    (place / "cache").mkdir()
    job = FitJob(
        task=task,
        labels=labels,
        train=train,
        valid=valid,
        options=plugins.attr(way.options)(**request.get("options", {}).get(method, {})),
        seed=request["seed"],
        threads=request["threads"],
        base=BASE if plugins.get("method", method).needs_base else "",
        out=place / "out",
        cache=place / "cache",
        architecture=way.architecture,
    )
    return plugins.attr(way.fit)(job)


def _open(task: Any, labels: Any, fitted: Any, folder: Path, threads: int) -> Any:
    from undercut.core.types import Manifest
    from undercut.predict.predictor import open_scorer

    manifest = Manifest(
        name="rung",
        task=task.name,
        architecture=fitted.architecture,
        format=fitted.format,
        labels=labels,
        config=fitted.config,
    )
    return open_scorer(folder, manifest, None, threads)


def _scores(task: Any, labels: Any, scores: Any, test: Any, documents: Any) -> dict[str, Any]:
    """Return strict F1, counted apart from the product, and the share of tags that are right."""
    from undercut.core.contracts import Scored

    answers = task.decode(Scored(scores, []), test.inputs, labels)
    found = tagged.strict_f1(documents, found_in(documents, answers))
    accuracy = task.evaluate(scores, test, labels, split="test").accuracy.value
    return found | {"token_accuracy": 100 * accuracy}


if __name__ == "__main__":
    serve(run)
