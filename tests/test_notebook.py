"""The notebook runs from top to bottom; in the repository it holds no outputs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "notebook.ipynb"


def cells():
    document = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    return document["cells"]


def test_outputs_are_stripped():
    found = cells()
    assert len({c["id"] for c in found}) == len(found)
    for cell in found:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]
        else:
            assert cell["cell_type"] == "markdown"
            assert "outputs" not in cell


def test_it_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    shutil.copytree(
        NOTEBOOK.parent / "support",
        tmp_path / "support",
        ignore=shutil.ignore_patterns("undercut-out"),
    )
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in cells():
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            exec(compile(source, f"notebook {cell['id']}", "exec"), names)
            if source.count("print("):
                assert capsys.readouterr().out.strip(), f"{cell['id']} printed nothing"
    assert names["facts"].test.accuracy.value > 0.5
    assert names["why"].label == "refund_status"
