"""TF-IDF + LinearSVC as scikit-learn gives it, from committed settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SETTINGS_FOLDER = Path(__file__).resolve().parent / "settings"


def settings(dataset: str) -> dict[str, dict[str, Any]]:
    """Return the committed settings of a data set: recipe name -> settings."""
    path = SETTINGS_FOLDER / f"linear_{dataset}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    return {name: found["settings"] for name, found in document["recipes"].items()}


def features(chosen: dict[str, Any]) -> Any:
    """Return the vectoriser of some settings, not fitted."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    parts = [
        (
            name,
            TfidfVectorizer(
                analyzer=part["analyzer"],
                ngram_range=tuple(part["ngrams"]),
                min_df=part["min_df"],
                sublinear_tf=True,
            ),
        )
        for name, part in sorted(chosen["features"].items())
    ]
    return parts[0][1] if len(parts) == 1 else FeatureUnion(parts)


def classifier(c: float, seed: int) -> Any:
    """Return the classifier, not fitted."""
    from sklearn.svm import LinearSVC

    return LinearSVC(C=c, random_state=seed)


def best_recipe(dataset: str) -> str:
    """Return the recipe that did best on validation when the settings were chosen."""
    path = SETTINGS_FOLDER / f"linear_{dataset}.json"
    recipes = json.loads(path.read_text(encoding="utf-8"))["recipes"]
    return max(recipes, key=lambda name: float(recipes[name]["valid_quality"]))
