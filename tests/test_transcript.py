"""The newcomer's session in the docs is what the commands still do."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def script():
    path = ROOT / "scripts" / "make_transcript.py"
    spec = importlib.util.spec_from_file_location("make_transcript", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    kept = (ROOT / "docs" / "transcript.md").read_text(encoding="utf-8")
    return kept, script().transcript()


def outputs(page):
    """Return command -> what it printed."""
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", page, re.S)
    return dict(blocks)


def test_the_same_sections_and_commands(pages):
    kept, now = pages
    for pattern in (r"^#+ .*$", r"^\$ .*$"):
        assert re.findall(pattern, kept, re.M) == re.findall(pattern, now, re.M)
    verbs = [line.split()[1] for line in outputs(now)]
    assert verbs == ["new", "check", "run", "predict", "explain", "price"]


def masked(text):
    """Return a text without its figures and the spaces that line them up."""
    return re.sub(r"[-+]?\d[\d.,]*|[-+]{2,}| +", " ", text).split()


def test_what_does_not_hang_on_the_machine_is_the_same(pages):
    kept, now = map(outputs, pages)
    for command in kept:
        if command.split()[1] in ("new", "check", "explain"):
            assert masked(kept[command]) == masked(now[command]), "run `make docs`"


def test_headline_lines_are_still_printed(pages):
    kept, now = map(outputs, pages)
    starts = r"^(Accuracy|Macro-F1|Cost of \w+|Price floor|Model|Report|Next|rivals)\b"
    for command in kept:
        found = [re.findall(starts, page[command], re.M) for page in (kept, now)]
        assert found[0] == found[1], command
        assert "Traceback" not in now[command]
