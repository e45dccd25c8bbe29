"""The help of a command: what it does, what to type, and in which order one meets the commands."""

from __future__ import annotations

import io
import shlex

import pytest
from rich.console import Console

from undercut.cli.app import COMMANDS, GROUPS, build
from undercut.cli.examples import EXAMPLES


def shown(*words: str, asked: str = "") -> str:
    out = io.StringIO()
    build(asked).help_print(list(words), console=Console(file=out, width=100))
    return out.getvalue()


def test_every_command_is_in_one_group_and_has_an_example():
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS) == sorted(EXAMPLES)


LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines.splitlines()]


@pytest.mark.parametrize(("name", "line"), LINES, ids=lambda v: v[:40])
def test_examples_parse_and_are_of_their_command(name, line):
    words = shlex.split(line)
    assert words[:2] == ["undercut", name]
    build().parse_args(words[1:], exit_on_error=False, print_error=True)


def test_the_help_of_a_command_says_what_its_spec_says_and_shows_an_example():
    text = shown("rival", asked="rival")
    assert "never pays for a row twice" in text
    assert EXAMPLES["rival"].split(" --model")[0] in text
    assert "Start here" not in text


def test_a_methods_own_options_stand_last_and_the_dummy_is_not_offered():
    text = shown("train", asked="train")
    assert text.index("--workspace") < text.index("--lora.rank")
    assert text.index("--usd-per-label") < text.index("--lora.rank")
    assert "--dummy." not in text


def test_all_commands_are_listed_in_the_order_of_a_first_session():
    text = shown()
    assert text.index("Start") < text.index("Fit and judge") < text.index("Sell")
    assert text.index("│ run ") < text.index("│ check ") < text.index("│ ledger ")
