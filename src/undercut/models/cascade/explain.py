"""Why a cascade answers as it does: the tier that answered says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from undercut.core.contracts import Attribution, Explainer
from undercut.core.errors import fail
from undercut.core.types import Manifest


class CascadeExplainer:
    """Holds one explainer a tier.

    Attributes:
        parts: tier -> its explainer.
    """

    def __init__(self, parts: Mapping[str, Explainer]) -> None:
        self.parts = parts
        told = "; ".join(f"{name}: {part.method}" for name, part in parts.items())
        self.method = f"by the tier that answered ({told})"

    def attribute(self, text: str, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Refuse: only the tier that answered can say why, so one of ``parts`` must be asked.

        Raises:
            UndercutError: always.
        """
        raise fail(
            "explain-tier",
            expected=f"the tier that answered: one of {', '.join(self.parts)}",
            found="the cascade as a whole",
            fix="Ask parts[tier], with the tier of the prediction.",
        )


def make_explainer(manifest: Manifest, children: Mapping[str, Explainer]) -> CascadeExplainer:
    """Build the explainer of a cascade from its manifest and opened children."""
    return CascadeExplainer(children)
