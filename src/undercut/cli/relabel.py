"""``undercut relabel``: one suspected row at a time, one key a decision."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from undercut.cli.results import Result
from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_data import RelabelSpec
from undercut.economics.money import percent
from undercut.pipeline.checking.relabel import Item, Walk, finish, open_walk
from undercut.pipeline.report.format import clean

HELP = "a accept   k keep   1-5 take that label   c choose   s skip   u undo   q quit"


@dataclass
class RelabelResult(Result):
    """What was decided, and where the copy lies."""

    def show(self, console: Console) -> None:
        """Print counts, the copy and the way on."""
        r = self.record
        console.print(
            f"{r.decided} of {r.rows_listed} rows decided, {r.changed} labels changed, "
            f"{r.skipped} skipped; {r.hours_this_session * 60:.1f} minutes into the ledger.\n"
            f"Written: {r.copy_file}",
            soft_wrap=True,
        )
        if r.decided < r.rows_listed:
            console.print("The same command goes on where you stopped.")


def relabel(spec: RelabelSpec, terminal: Any) -> RelabelResult:
    """Walk until the list ends or the user quits; then write the copy.

    Raises:
        UndercutError: no terminal to ask on; see :func:`open_walk`.
    """
    if not (sys.stdin.isatty() and terminal.err.is_terminal):
        raise fail(
            "relabel-terminal",
            expected="a terminal with a keyboard",
            found="a pipe or a file",
            fix="Run it in a terminal; for scripts use undercut check --json.",
        )
    walk = open_walk(spec, terminal)
    terminal.pause()
    with _keys() as key:
        ask(walk, key, terminal.err)
    return RelabelResult(finish(walk, spec))


def ask(walk: Walk, key: Callable[[], str], console: Console) -> None:
    """Show items and take decisions until the end, ``q``, or the end of input.

    Args:
        walk: the session.
        key: waits for one key; ``""`` at the end of input.
        console: where items are shown.
    """
    console.print(HELP)
    began = time.monotonic()
    while (item := walk.item) is not None:
        _show(walk, item, console)
        pressed = key()
        if pressed in ("", "q", "\x04"):
            return
        if pressed == "\x03":
            raise KeyboardInterrupt
        if pressed == "u":
            console.print("  taken back" if walk.undo() else "  nothing to take back")
            continue
        label = _label(walk, item, pressed, key, console)
        if label is _AGAIN:
            continue
        now = time.monotonic()
        walk.decide(label, now - began)  # type: ignore[arg-type]
        began = now
        console.print("  skipped" if label is None else f"  {clean(str(label))}")


_AGAIN = object()


def _label(
    walk: Walk, item: Item, pressed: str, key: Callable[[], str], console: Console
) -> object:
    """Return the label a key stands for, None to skip, or ``_AGAIN``."""
    if pressed in ("a", "\r", "\n"):
        return item.choices[0][0]
    if pressed == "k":
        return item.given
    if pressed == "s":
        return None
    if pressed.isdecimal() and 1 <= int(pressed) <= len(item.choices):
        return item.choices[int(pressed) - 1][0]
    if pressed == "c":
        typed = _line(key, console)
        if typed in walk.state.labels:
            return typed
        if typed:
            console.print(f"  no label '{clean(typed)}'. {did_you_mean(typed, walk.state.labels)}")
        return _AGAIN
    console.print(f"  {HELP}")
    return _AGAIN


def _line(key: Callable[[], str], console: Console) -> str:
    """Read a label letter by letter; Enter ends, Escape gives up."""
    typed = ""
    console.print("  label: ", end="")
    while (pressed := key()) not in ("\r", "\n", ""):
        if pressed == "\x1b":
            typed = ""
            break
        if pressed == "\x03":
            raise KeyboardInterrupt
        if pressed in ("\x7f", "\b"):
            if typed:
                typed = typed[:-1]
                console.print("\b \b", end="")
        elif pressed.isprintable():
            typed += pressed
            console.print(pressed, end="")
    console.print()
    return typed.strip()


def _show(walk: Walk, item: Item, console: Console) -> None:
    console.print(f"\n{walk.place + 1} of {len(walk.state.items)}  {item.row}")
    console.print(clean(walk.text(item)))
    console.print(f"  given: {clean(item.given)}")
    for i, (label, p) in enumerate(item.choices, 1):
        mark = "  (accept)" if i == 1 else "  (keep)" if label == item.given else ""
        console.print(f"  {i}  {clean(label)}  {percent(p)}{mark}")


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Give a function that waits for one key, with the terminal's line editing off.

    Raises:
        UndercutError: a system without such terminals (Windows).
    """
    try:
        import termios
        import tty
    except ImportError:
        raise fail(
            "relabel-terminal", expected="a terminal of Linux or macOS", found=sys.platform
        ) from None
    import codecs
    import os

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def key() -> str:
        while True:
            byte = os.read(descriptor, 1)
            if not byte:
                return ""
            if letter := decoder.decode(byte):
                return letter

    try:
        tty.setcbreak(descriptor)
        yield key
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
