"""CRFsuite (its stochastic gradients) on the features of our CRF: only the training differs."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import tagged
from benchmarks.clock import measured
from benchmarks.part import serve
from benchmarks.tagging import examples, found_in

PARAMETERS = {"c2": 1.0, "max_iterations": 15}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Train, and answer validation and test with CRFsuite's own Viterbi."""
    import numpy as np
    import pycrfsuite

    from undercut.core import plugins
    from undercut.core.contracts import FitJob, Scored
    from undercut.methods.linear.crf_rows import given_rows, spec_of
    from undercut.models.crf.features import featurise
    from undercut.models.crf.files import Table
    from undercut.models.crf.frontend import layout_of
    from undercut.models.crf.inner import merger

    train, *held = tagged.splits(request["dataset"], Path(request["data"]))
    task = plugins.attr(plugins.get("task", "token-classification").load)()
    rows, options = examples(train), plugins.attr(plugins.way("linear", task.name).options)()
    labels = task.label_space(rows.targets)

    def sentences(layout: Any, columns: Any) -> Any:
        for a, b in pairwise(layout.first.tolist()):
            yield a, b, [[b"%x" % i for i in row if i >= 0] for row in columns[a:b].tolist()]

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        with measured() as training:
            place = Path(folder)
            job = FitJob(task, labels, rows, None, options, request["seed"], 1, "", place, place)
            given = given_rows(job)
            nothing = np.zeros((0, 0))
            table = Table(given.features, nothing, nothing, nothing)
            trainer = pycrfsuite.Trainer("l2sgd", PARAMETERS, verbose=False)
            for a, b, said in sentences(given.layout, table.columns(given.hashes)):
                trainer.append(said, [str(t) for t in given.tags[a:b]])
            trainer.train(path)
        tagger, scores = pycrfsuite.Tagger(), []
        outer = merger(given.names, labels).argmax(axis=1)
        with tagger.open(path):
            for documents in held:
                layout = layout_of([d.sentences for d in documents])
                hashes = featurise(layout, spec_of(options), given.gazetteer)
                found = [
                    outer[int(tag)]
                    for _, _, said in sentences(layout, table.columns(hashes))
                    for tag in tagger.tag(said)
                ]
                scores.append(np.where(np.eye(len(labels))[found] > 0, -1e-3, -9.0))
    figures = []
    for documents, log_probs in zip(held, scores, strict=True):
        inputs = [d.sentences for d in documents]
        answers = task.decode(Scored(log_probs.astype(np.float32), []), inputs, labels)
        figures.append(tagged.strict_f1(documents, found_in(documents, answers)))
    return {
        "dataset": request["dataset"],
        "name": f"CRFsuite l2sgd, {PARAMETERS}",
        "seed": request["seed"],
        **figures[1],
        "valid_f1": figures[0]["f1"],
        "training": training.as_json(),
    }


if __name__ == "__main__":
    serve(run)
