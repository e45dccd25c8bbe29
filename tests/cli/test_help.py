"""Error codes: every one in the code has its meaning, and the message says where to read it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from test_docs import _make_docs
from undercut.cli.app import COMMANDS
from undercut.core.codes import meanings


def undercut(*arguments):
    command = [sys.executable, "-m", "undercut", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


CODES = sorted(_make_docs().error_codes())


def test_the_codes_are_found():
    assert len(CODES) > 100
    assert {"data-columns", "rate-missing", "explain-reference", "overloaded"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_code_in_the_source_has_a_meaning(code):
    assert len(meanings().get(code, "")) > 20, f"add {code} to core/codes.toml"


def test_the_message_names_the_code_and_where_to_read():
    done = undercut("predict", "nowhere", "text")
    assert done.returncode == 2
    assert "(error artefact-missing; more: undercut help artefact-missing)" in done.stderr
    more = undercut("help", "artefact-missing")
    assert more.returncode == 0
    assert meanings()["artefact-missing"][:40] in more.stdout
    assert "docs/reference/errors.md" in more.stdout
    said = json.loads(undercut("help", "artefact-missing", "--json").stdout)
    assert said["page"] == "docs/reference/errors.md#artefact-missing"


def test_help_on_commands():
    assert "--against" in undercut("help", "explain").stdout
    everything = undercut("help").stdout
    assert all(name in everything for name in COMMANDS)
    wrong = undercut("help", "artefact-mising")
    assert wrong.returncode == 2 and "Did you mean 'artefact-missing'" in wrong.stderr
