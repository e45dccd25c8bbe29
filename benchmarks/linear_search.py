"""Choose the settings of TF-IDF + LinearSVC on validation rows; run once, result committed.

``python -m benchmarks settings`` writes ``settings/linear_<data set>.json``. A tenth of the
training rows of each class (seed 0) is held out to choose on; test rows are never read.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from benchmarks import datasets
from benchmarks.linear_model import SETTINGS_FOLDER, classifier, features

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
MIN_DF = (1, 2)
WORDS = {"en": ((1, 1), (1, 2)), "zh": ((1, 1), (1, 2))}
CHARACTERS = {
    "en": (("char_wb", (2, 4)), ("char_wb", (2, 5)), ("char_wb", (3, 5)), ("char", (2, 5))),
    "zh": (("char", (1, 2)), ("char", (1, 3)), ("char", (1, 4)), ("char", (2, 3))),
}


def candidates(language: str) -> dict[str, list[dict[str, Any]]]:
    """Return the feature settings to try: recipe name -> settings without C."""
    found: dict[str, list[dict[str, Any]]] = {"word": [], "word + character": []}
    for ngrams, least in itertools.product(WORDS[language], MIN_DF):
        word = {"analyzer": "word", "ngrams": list(ngrams), "min_df": least}
        found["word"].append({"features": {"word": word}})
        for analyzer, span in CHARACTERS[language]:
            char = {"analyzer": analyzer, "ngrams": list(span), "min_df": least}
            found["word + character"].append({"features": {"word": word, "char": char}})
    if language == "zh":  # no spaces between words: characters alone are the usual choice
        found["character"] = [
            {"features": {"char": {"analyzer": a, "ngrams": list(s), "min_df": m}}}
            for (a, s), m in itertools.product(CHARACTERS["zh"], MIN_DF)
        ]
    return found


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Search one data set and write the best settings of each recipe."""
    split = datasets.read(request["dataset"], request["data"])
    rest, held = datasets.stratified(split.train.labels, datasets.VALID_SHARE, datasets.SPLIT_SEED)
    train, valid = split.train.take(rest), split.train.take(held)
    language = "zh" if split.name in datasets.CHINESE else "en"
    best: dict[str, dict[str, Any]] = {}
    tried = 0
    for recipe, options in candidates(language).items():
        for option in options:
            vectorise = features(option)
            x, z = vectorise.fit_transform(train.texts), vectorise.transform(valid.texts)
            for c in STRENGTHS:
                tried += 1
                score = float(classifier(c, 0).fit(x, train.labels).score(z, valid.labels))
                if recipe not in best or score > best[recipe]["valid_quality"]:
                    best[recipe] = {"valid_quality": score, "settings": {**option, "C": c}}
    document = {
        "dataset": split.name,
        "chosen_on": f"{len(valid)} of the training rows, stratified, seed {datasets.SPLIT_SEED}",
        "settings_tried": tried,
        "recipes": best,
    }
    SETTINGS_FOLDER.mkdir(exist_ok=True)
    path = SETTINGS_FOLDER / f"linear_{split.name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return document


if __name__ == "__main__":
    from benchmarks.part import serve

    serve(run)
