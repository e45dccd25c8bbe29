"""An outside API does not say why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from undercut.core.contracts import Attribution
from undercut.core.errors import fail
from undercut.core.types import Manifest


class NoExplainer:
    """Stands where a tier's explainer would, so that the other tiers can be explained."""

    method = "an outside API does not say why"

    def attribute(self, text: str, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Refuse.

        Raises:
            UndercutError: always.
        """
        raise fail(
            "explain-none",
            expected="a text that one of our own models answers",
            found="one that went to the outside API",
        )


def open_explainer(folder: Path, manifest: Manifest) -> NoExplainer:
    """Return the refusal."""
    return NoExplainer()
