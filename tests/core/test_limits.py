"""The cores used by default: what affinity and a container's quota leave, never fewer than one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import undercut
from undercut.core import limits as cores


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu__max": "250000 100000\n"}, 2),
        ({"cpu__max": "50000 100000\n"}, 1),
        ({"cpu__max": "max 100000\n"}, 8),
        ({"cpu__max": "3200000 100000\n"}, 8),
        ({"cpu__cfs_quota_us": "300000", "cpu__cfs_period_us": "100000"}, 3),
        ({"cpu__cfs_quota_us": "-1", "cpu__cfs_period_us": "100000"}, 8),
        ({"cpu__max": "torn"}, 8),
        ({}, 8),
    ],
)
def test_the_quota_counts_where_it_is_below_the_affinity(tmp_path, monkeypatch, files, expected):
    monkeypatch.setattr(cores, "affinity", lambda: 8)
    assert cores.usable_cores([group(tmp_path / "g", **files)]) == expected


def test_the_tightest_enclosing_group_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "affinity", lambda: 8)
    outer = group(tmp_path / "o", cpu__max="200000 100000")
    inner = group(tmp_path / "o" / "i", cpu__max="600000 100000")
    assert cores.usable_cores([inner, outer]) == 2


@given(quota=st.integers(1, 10**8), period=st.integers(1000, 10**6), there=st.integers(1, 512))
def test_never_none_and_never_more_than_there_are(tmp_path_factory, quota, period, there):
    folder = group(tmp_path_factory.mktemp("g"), cpu__max=f"{quota} {period}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cores, "affinity", lambda: there)
        used = cores.usable_cores([folder])
    assert 1 <= used <= there
    assert used == 1 or used <= quota / period


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_a_process_bound_to_one_core_uses_one(tmp_path):
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from undercut.core.limits import usable_cores; print(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_a_model_is_opened_with_them(monkeypatch, tmp_path):
    from undercut.predict import predictor

    opened = []
    monkeypatch.setattr(predictor, "usable_cores", lambda: 3)
    monkeypatch.setattr(
        predictor.artefacts, "read_manifest", lambda folder: SimpleNamespace(measured=None)
    )
    monkeypatch.setattr(
        predictor,
        "open_scorer",
        lambda folder, manifest, backend, threads, *_: opened.append(threads),
    )
    monkeypatch.setattr(predictor, "Predictor", lambda *given: None)
    predictor.load(tmp_path)
    predictor.load(tmp_path, threads=5)
    assert opened == [3, 5]


def test_nothing_else_counts_the_machines_cores():
    source = Path(undercut.__file__).parent
    asking = [p.relative_to(source) for p in source.rglob("*.py") if "cpu_count" in p.read_text()]
    # The doctor says how many there are beside how many are used.
    assert {p.as_posix() for p in asking} == {"core/limits.py", "pipeline/doctor/machine.py"}
