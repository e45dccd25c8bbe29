"""Which methods are climbed, in which order, and what share of the errors each should remove."""

from __future__ import annotations

from undercut.core import plugins


def ladder_methods(task: str, share_base: bool = False) -> list[str]:
    """Return the ladder's methods for a task, lowest rung first.

    Args:
        task: registered task.
        share_base: leave out methods whose models carry a base of their own; where one of them
            has a method that goes in its place, that one is climbed.
    """
    infos = [plugins.get("method", name) for name in plugins.names("method")]
    able = [i for i in infos if i.rung is not None and task in i.ways]
    order = [i.name for i in sorted(able, key=lambda i: i.rung)]
    if not share_base:
        return order
    kept = [n if not plugins.get("method", n).needs_base else stand_in(n, task) for n in order]
    return [n for n in kept if n]


def expected_gain(name: str, task: str, last: str) -> float:
    """Return the share of the remaining errors that a rung is expected to remove.

    The first rung that reads with a pretrained model is expected to bring what the best of them
    brings over the linear one, whichever it is.
    """
    gain = float(plugins.way(name, task).gain)
    if last != "linear":
        return gain
    above = [n for n in ladder_methods(task) if plugins.get("method", n).needs_base]
    return max([gain, *(float(plugins.way(n, task).gain) for n in above)])


def stand_in(name: str, task: str) -> str:
    """Return the method that is climbed where ``name`` cannot be; empty when there is none."""
    infos = [plugins.get("method", n) for n in plugins.names("method")]
    return next((i.name for i in infos if i.instead_of == name and task in i.ways), "")
