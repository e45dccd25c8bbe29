"""The live line: loss, score, pace and money in one line, and plain lines off a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from undercut.cli import terminal as module
from undercut.cli.terminal import Terminal, figures
from undercut.core.contracts import Progress

TICK = Progress(
    "train", 30, 120, "trial 4", loss=0.4123, quality=0.912, tokens_per_second=3210.4,
    usd=0.0012, usd_left=0.0036,
)  # fmt: skip


def test_one_line_says_it_all():
    assert figures(TICK) == (
        "train trial 4  loss 0.412  valid 91.2 %  3,210 tokens/s  $0.0012 so far, $0.0036 to go"
    )


def test_what_is_not_known_is_left_out():
    assert figures(Progress("encode", 1, 9)) == "encode"
    assert figures(Progress("encode", 1, 9, usd=0.02)) == "encode  $0.0200 so far"
    assert figures(Progress("train", 1, 9, loss=0.0)) == "train  loss 0.000"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_live_line_stays_one_line(width):
    terminal = Terminal()
    out = io.StringIO()
    terminal.err = Console(file=out, width=width, force_terminal=True, markup=False)
    with terminal:
        terminal.announce("fit-partial")
        terminal.tick(TICK)
        shown = terminal._live.get_renderable()
        plain = Console(file=io.StringIO(), width=width)
        plain.print(shown)
        lines = plain.file.getvalue().rstrip("\n").split("\n")
    assert len(lines) == 1
    assert "loss 0.412" in lines[0]


def test_words_of_a_user_are_no_markup_on_the_live_line():
    terminal = Terminal()
    terminal.err = Console(file=io.StringIO(), width=80, force_terminal=True, markup=False)
    with terminal:
        terminal.tick(Progress("[/red]", 1, 9, "[bold"))
        terminal._live.refresh()


def test_off_a_terminal_there_are_plain_lines_and_not_many(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with Terminal() as terminal:
        terminal.announce("fit-partial")
        for _ in range(50):
            now[0] += 1
            terminal.tick(TICK)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "fit-partial ..."
    assert 3 <= len([line for line in lines if "loss 0.412" in line]) <= 5
    assert "25%" in " ".join(lines)
