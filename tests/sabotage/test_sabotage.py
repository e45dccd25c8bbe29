"""Each harmful patch, applied in a temporary copy, must turn its named test red.

The same tests are run once on an unpatched copy first and must be green there, so that a red
test is red because of the patch.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATCHES = tomllib.loads((HERE / "patches.toml").read_text(encoding="utf-8"))["patch"]

pytestmark = pytest.mark.sabotage


def copy(place: Path) -> Path:
    for name in ("src", "tests", "examples", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "undercut-out", ".hypothesis")
            shutil.copytree(source, place / name, ignore=ignored)
        else:
            shutil.copy(source, place / name)
    return place


def run(place: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    place = copy(tmp_path_factory.mktemp("clean"))
    done = run(place, sorted({p["test"] for p in PATCHES}))
    assert done.returncode == 0, done.stdout[-3000:]
    return place


def test_there_are_a_dozen() -> None:
    assert len(PATCHES) >= 12
    assert len({p["name"] for p in PATCHES}) == len(PATCHES)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: p["name"])
def test_the_patch_is_noticed(clean: Path, patch: dict[str, str]) -> None:
    path = clean / "src" / "undercut" / patch["file"]
    whole = path.read_text(encoding="utf-8")
    assert whole.count(patch["old"]) == 1, f"{patch['file']} no longer holds the text to replace"
    try:
        path.write_text(whole.replace(patch["old"], patch["new"]), encoding="utf-8")
        done = run(clean, [patch["test"]])
    finally:
        path.write_text(whole, encoding="utf-8")
    assert done.returncode == 1, f"{patch['test']} stayed green:\n{done.stdout[-2000:]}"
