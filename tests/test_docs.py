"""The docs say what the code does: generated pages, options, commands and files that exist."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
WRITTEN = [p for p in PAGES if "reference" not in p.parts and "undercut-out" not in p.parts]


def _make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "scripts" / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(_make_docs().PAGES))
def test_the_reference_is_what_the_code_says(name):
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == _make_docs().PAGES[name](), f"{name} is stale: run `make docs`"


def _fenced(kind: str) -> list[tuple[Path, str]]:
    found = []
    for page in WRITTEN:
        for block in re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            found.append((page, block))
    return found


def _command_lines() -> list[tuple[str, str]]:
    lines = []
    for page, block in _fenced("(?:sh|bash|console)"):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.removeprefix("$ ").strip()
            if line.startswith("undercut "):
                lines.append((page.name, line))
    return lines


@pytest.mark.parametrize(("page", "line"), _command_lines())
def test_every_command_in_the_docs_parses(page, line):
    from undercut.cli.app import build

    words = shlex.split(line.split(" > ")[0].split(" | ")[0], comments=True)
    words = words[: words.index("&")] if "&" in words else words
    build().parse_args(words[1:], exit_on_error=False, print_error=True)


def test_the_docs_do_show_commands():
    assert len(_command_lines()) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def _readme_python() -> list[str]:
    return [block for page, block in _fenced("python") if page.name == "README.md"]


def test_readme_python_runs(tmp_path, monkeypatch):
    from pipeline.sets import small

    train, _ = small(tmp_path)
    train.rename(tmp_path / "train.csv")
    monkeypatch.chdir(tmp_path)
    blocks = _readme_python()
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_every_verb_and_extra_is_in_the_readme():
    from undercut.cli.app import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"undercut {name}" in text or f"`{name}`" in text, name
        assert f"undercut {name}" in chinese or f"`{name}`" in chinese, name


def test_both_readmes_have_the_same_sections():
    counts = [
        len(re.findall(r"^## ", (ROOT / name).read_text(encoding="utf-8"), re.M))
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert counts[0] == counts[1]
