"""The commands, each built when it is asked for; one file ``verbs_<room>.py`` a room."""

from __future__ import annotations

from collections.abc import Callable

from undercut.cli import (
    verbs_data,
    verbs_economics,
    verbs_models,
    verbs_results,
    verbs_selling,
    verbs_serving,
    verbs_setup,
    verbs_training,
)

BUILDERS: dict[str, Callable[[], Callable[..., None]]] = {
    **verbs_training.BUILDERS,
    **verbs_data.BUILDERS,
    **verbs_models.BUILDERS,
    **verbs_results.BUILDERS,
    **verbs_economics.BUILDERS,
    **verbs_serving.BUILDERS,
    **verbs_selling.BUILDERS,
    **verbs_setup.BUILDERS,
}


def __getattr__(name: str) -> Callable[..., None]:
    if name in BUILDERS:
        return BUILDERS[name]()
    raise AttributeError(name)
