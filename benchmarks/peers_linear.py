"""TF-IDF + LinearSVC with the committed settings, fitted on all training rows."""

from __future__ import annotations

from typing import Any

from benchmarks import datasets
from benchmarks.clock import measured
from benchmarks.linear_model import classifier, features, settings
from benchmarks.part import serve


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Fit one recipe and score the test rows; ``wrong`` lists the test rows it got wrong."""
    split = datasets.read(request["dataset"], request["data"])
    chosen = settings(split.name)[request["recipe"]]
    vectorise, model = features(chosen), classifier(chosen["C"], request["seed"])
    with measured() as training:
        model.fit(vectorise.fit_transform(split.train.texts), split.train.labels)
    with measured() as answering:
        guesses = model.predict(vectorise.transform(split.test.texts))
    wrong = [i for i, (g, y) in enumerate(zip(guesses, split.test.labels, strict=True)) if g != y]
    return {
        "dataset": split.name,
        "recipe": request["recipe"],
        "seed": request["seed"],
        "settings": chosen,
        "accuracy": 1 - len(wrong) / len(split.test),
        "wrong": wrong,
        "training": training.as_json(),
        "answering": answering.as_json(),
    }


if __name__ == "__main__":
    serve(run)
