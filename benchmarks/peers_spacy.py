"""spaCy's entity recogniser from a blank pipeline, given a number of CPU-seconds of training.

It needs no product code: any Python with spaCy runs it, the repository's root as PYTHONPATH.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from benchmarks import tagged
from benchmarks.clock import measured
from benchmarks.part import serve

LANGUAGE = {"conll2003": "en", "resume_ner_zh": "zh"}
DROPOUT = 0.2
BATCH_WORDS = 1000


def _pairs(nlp: Any, documents: list[tagged.Document]) -> list[Any]:
    from spacy.tokens import Doc, Span
    from spacy.training import Example

    found = []
    for document in documents:
        for words, entities in zip(document.sentences, document.entities, strict=True):
            gold = Doc(nlp.vocab, words=words)
            gold.set_ents([Span(gold, a, b, label=kind) for a, b, kind in entities])
            found.append(Example(Doc(nlp.vocab, words=words), gold))
    return found


def _answers(nlp: Any, documents: list[tagged.Document]) -> list[list[list[tagged.Span]]]:
    from spacy.tokens import Doc

    found = []
    for document in documents:
        docs = nlp.pipe([Doc(nlp.vocab, words=w) for w in document.sentences])
        found.append([[(e.start, e.end, e.label_) for e in doc.ents] for doc in docs])
    return found


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Train for ``request["cpu_seconds"]``, keep the epoch best on validation, answer the test."""
    import spacy
    from spacy.util import fix_random_seed, minibatch

    train, valid, test = tagged.splits(request["dataset"], Path(request["data"]))
    fix_random_seed(request["seed"])
    rng = random.Random(request["seed"])
    nlp = spacy.blank(LANGUAGE[request["dataset"]])
    ner = nlp.add_pipe("ner")
    for document in train:
        for _, _, kind in (e for s in document.entities for e in s):
            ner.add_label(kind)
    pairs = _pairs(nlp, train)
    optimiser = nlp.initialize(lambda: pairs[:2000])
    epochs, best = 0, (-1.0, b"")
    with measured() as training:
        begin = time.process_time()
        while time.process_time() - begin < request["cpu_seconds"]:
            rng.shuffle(pairs)
            for batch in minibatch(pairs, size=BATCH_WORDS // 15):
                nlp.update(batch, drop=DROPOUT, sgd=optimiser)
                if time.process_time() - begin > request["cpu_seconds"]:
                    break
            epochs += 1
            with nlp.use_params(optimiser.averages):
                f1 = tagged.strict_f1(valid, _answers(nlp, valid))["f1"]
                if f1 > best[0]:
                    best = (f1, nlp.to_bytes())
    nlp.from_bytes(best[1])
    with measured() as answering:
        answers = _answers(nlp, test)
    return {
        "dataset": request["dataset"],
        "name": f"spaCy {spacy.__version__} NER, {request['cpu_seconds']} CPU-s",
        "seed": request["seed"],
        **tagged.strict_f1(test, answers),
        "valid_f1": best[0],
        "epochs": epochs,
        "training": training.as_json(),
        "answering": answering.as_json(),
    }


if __name__ == "__main__":
    serve(run)
