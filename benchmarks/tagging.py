"""The linear rung on words, as published: trained on train, chosen on validation, asked once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import tagged
from benchmarks.clock import measured
from benchmarks.part import serve

SETS = tuple(tagged.FILES)
SETTINGS = {
    "quality": "strict entity F1 on the published test file; 95 % interval over documents",
    "ours": "method linear with its own options; c2 and temperature chosen on the published "
    "validation file, which is not trained on",
    "CRFsuite": "the same features, its stochastic gradients, c2 = 1, 15 passes",
    "spaCy": "spaCy's NER from a blank pipeline, the same files, stopped after a number of "
    "CPU-seconds of training (where spaCy is installed)",
}


def examples(documents: list[tagged.Document]) -> Any:
    """Return documents as the product's examples."""
    from undercut.core.types import Examples
    from undercut.tasks.token_classification.words import words_of

    targets = []
    for document in documents:
        words, base, target = words_of(document.sentences), 0, []
        for sentence, entities in zip(document.sentences, document.entities, strict=True):
            for a, b, kind in entities:
                start, end = words.starts[base + a], words.ends[base + b - 1]
                target.append([int(start), int(end), kind])
            base += len(sentence)
        targets.append(target)
    inputs = [d.sentences for d in documents]
    return Examples(inputs, targets, [f"document {i}" for i in range(len(inputs))])


def found_in(documents: list[tagged.Document], answers: list[Any]) -> list[list[list[tagged.Span]]]:
    """Return the product's answers as words of sentences."""
    from undercut.tasks.token_classification.words import words_of

    found = []
    for document, answer in zip(documents, answers, strict=True):
        words = words_of(document.sentences)
        first = {int(a): i for i, a in enumerate(words.starts)}
        last = {int(b): i for i, b in enumerate(words.ends)}
        place = [
            (s, i) for s, sentence in enumerate(document.sentences) for i in range(len(sentence))
        ]
        own: list[list[tagged.Span]] = [[] for _ in document.sentences]
        for e in answer.entities:
            (s, a), (_, b) = place[first[e.start]], place[last[e.end]]
            own[s].append((a, b + 1, e.type))
        found.append(own)
    return found


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Train, and answer the test file once."""
    from undercut.core import plugins
    from undercut.core.contracts import FitJob
    from undercut.core.types import Manifest
    from undercut.predict.predictor import open_scorer

    train, valid, test = tagged.splits(request["dataset"], Path(request["data"]))
    task = plugins.attr(plugins.get("task", "token-classification").load)()
    way = plugins.way("linear", task.name)
    rows, held = examples(train), examples(valid)
    labels = task.label_space(rows.targets)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        options = plugins.attr(way.options)()
        job = FitJob(task, labels, rows, held, options, request["seed"], 1, "", place, place)
        fit = plugins.attr(way.fit)
        with measured() as training:
            fitted = fit(job)
        manifest = Manifest(
            name="crf",
            task=task.name,
            architecture=fitted.architecture,
            format=fitted.format,
            labels=labels,
            config=fitted.config,
        )
        size = sum(p.stat().st_size for p in place.iterdir())
        scorer, inputs = open_scorer(place, manifest, None, 1), [d.sentences for d in test]
        scorer.score(inputs[:4])
        with measured() as answering:
            answers = task.decode(scorer.score(inputs), inputs, labels)
    words = sum(len(s) for d in test for s in d.sentences)
    return {
        "dataset": request["dataset"],
        "name": "undercut linear",
        "seed": request["seed"],
        **tagged.strict_f1(test, found_in(test, answers)),
        "valid_f1": 100
        * max(p["quality"] for p in fitted.curve if p["c2"] == fitted.choices["c2"]),
        "c2": fitted.choices["c2"],
        "training": training.as_json(),
        "answering": answering.as_json(),
        "words_per_cpu_second": words / answering.as_json()["cpu_seconds"],
        "size_bytes": size,
    }


if __name__ == "__main__":
    serve(run)
