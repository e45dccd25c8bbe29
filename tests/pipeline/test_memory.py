"""Files that would not fit into memory are refused before they are read."""

from __future__ import annotations

import pytest

from undercut.core.errors import UndercutError
from undercut.core.specs_training import RunSpec
from undercut.data import big
from undercut.pipeline import memory
from undercut.pipeline.dataset import data_step
from undercut.pipeline.workspace import open_workspace


def write(path, n=60):
    rows = (f"a question about order {i} and money,{'ab'[i % 2]}\n" for i in range(n))
    path.write_text("text,label\n" + "".join(rows))
    return path


def test_a_run_that_cannot_fit_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = write(tmp_path / "rows.csv")
    needed = memory.TIMES * path.stat().st_size
    spec = RunSpec(train=[path], workspace=tmp_path / "out")
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    with (
        open_workspace(spec.workspace, lambda _: None) as workspace,
        pytest.raises(UndercutError, match=r"rows\.csv: expected about .* of free memory") as e,
    ):
        data_step(workspace, spec)
    assert e.value.code == "data-memory"
    assert "undercut check" in e.value.problems[0].fix
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    with open_workspace(spec.workspace, lambda _: None) as workspace:
        assert len(data_step(workspace, spec)[0].train) == 54


def test_small_files_are_never_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 1.0)
    memory.refuse_too_big([write(tmp_path / "rows.csv")])


def test_there_is_some_memory():
    assert 1 << 20 < memory.free_memory() < 1 << 50
