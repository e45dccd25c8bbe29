"""What the terminal shows while work goes on: one live line a step; plain lines off a TTY."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column

from undercut.core.contracts import Progress as Tick

PLAIN_EVERY_SECONDS = 10.0
PIPED_WIDTH = 160


class Terminal:
    """Progress on standard error, results on standard output.

    Attributes:
        out: console for results.
        err: console for progress.
    """

    def __init__(self, *, quiet: bool = False, json: bool = False) -> None:
        self.quiet = quiet
        piped = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
        self.out = Console(highlight=False, markup=False, emoji=False, width=piped)
        self.err = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._last = 0.0
        self._began = ("", 0.0, 0.0)

    def __enter__(self) -> Terminal:
        """Start the live line where there is a terminal to show it."""
        if not self.quiet and self.err.is_terminal:
            self._live = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=10),
                TextColumn(
                    "{task.fields[note]}",
                    markup=False,
                    table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
                ),
                TimeRemainingColumn(compact=True),
                console=self.err,
                transient=True,
                expand=True,
            )
            self._live.start()
            self._task = self._live.add_task("starting", total=None, note="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the live line away."""
        if self._live is not None:
            self._live.stop()

    def pause(self) -> None:
        """Take the live line away for good, where a command talks with the user itself."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def announce(self, step: str) -> None:
        """Say that a step starts."""
        self._stage = step
        if self._live is not None and self._task is not None:
            self._live.reset(self._task, description=step, total=None, note="")
        elif not self.quiet:
            self.err.print(f"{step} ...")
        self._last = time.monotonic()

    def tick(self, progress: Tick) -> None:
        """Show progress inside a step."""
        note = figures(progress)
        if self._live is not None and self._task is not None:
            total = progress.total if progress.total > 1 else None
            self._live.update(self._task, completed=progress.done, total=total, note=note)
            return
        left = self._left(progress)
        if not self.quiet and time.monotonic() - self._last > PLAIN_EVERY_SECONDS:
            self._last = time.monotonic()
            share = f" {progress.done / progress.total:.0%}" if progress.total > 1 else ""
            self.err.print(f"  {note}{share}{left}")

    def _left(self, progress: Tick) -> str:
        """Return how long the rest of a stage takes at the pace so far; nothing at its start."""
        now, (stage, since, first) = time.monotonic(), self._began
        if stage != progress.stage or progress.done < first:
            self._began = (progress.stage, now, progress.done)
            return ""
        done = progress.done - first
        if progress.total <= 1 or done <= 0:
            return ""
        seconds = (now - since) * (progress.total - progress.done) / done
        return f", {seconds:.0f} s left" if seconds < 120 else f", {seconds / 60:.0f} min left"

    def ask(self, question: str) -> bool:
        """Ask a yes-or-no question; anything but ``y`` or ``yes`` is a no.

        Raises:
            UndercutError: there is nobody at a terminal to ask.
        """
        from undercut.core.errors import fail

        if not (sys.stdin.isatty() and self.err.is_terminal):
            raise fail(
                "confirm-none",
                expected="--yes, or a terminal to ask on",
                found="neither",
                fix=f"It would have asked: {question} To agree beforehand, add --yes.",
            )
        if self._live is not None:
            self._live.stop()
        try:
            self.err.print(f"{question} [y/N] ", end="", soft_wrap=True)
            return sys.stdin.readline().strip().lower() in ("y", "yes")
        finally:
            if self._live is not None:
                self._live.start()

    def say(self, line: str) -> None:
        """Print a line of progress that stays."""
        if not self.quiet:
            self.err.print(line, soft_wrap=True)


def figures(p: Tick) -> str:
    """Return the figures of a tick on one line: loss, validation score, pace, money."""
    from undercut.pipeline.report.format import for_terminal, money, percent

    parts = [f"{p.stage} {p.note}".strip()]
    if p.loss is not None:
        parts.append(f"loss {p.loss:.3f}")
    if p.quality is not None:
        parts.append(f"valid {percent(p.quality)}")
    if p.tokens_per_second is not None:
        parts.append(f"{p.tokens_per_second:,.0f} tokens/s")
    if p.usd:
        left = f", {money(p.usd_left)} to go" if p.usd_left is not None else ""
        parts.append(f"{money(p.usd)} so far{left}")
    return for_terminal("  ".join(parts))
