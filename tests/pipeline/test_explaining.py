"""``undercut explain``: signs beside colours, JSON, a page, and references found in a workspace."""

from __future__ import annotations

import re
import shutil

import pytest

import undercut
from pipeline.sets import small
from undercut.core.errors import UndercutError


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    train, _ = small(folder)
    undercut.run(undercut.RunSpec(train=[train], workspace=folder / "out", method="linear"))
    return folder


def spec(place, *texts, **options):
    return undercut.ExplainSpec(
        artefact="small-linear", inputs=list(texts), workspace=place / "out", **options
    )


def shown(result, **environment):
    import io

    from rich.console import Console

    from undercut.cli.explained import ExplainResult

    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False, **environment)
    ExplainResult(result).show(console)
    return console.file.getvalue()


def test_the_word_that_decides_comes_first(place):
    found = undercut.explain(spec(place, "where is my refund", "the voucher [bold]is[/] gone"))
    one = found.explanations[0]
    assert one.label == "refund_status"
    assert max(one.words, key=lambda w: w.pull).text == "refund"
    assert abs(one.gap) < 1e-6
    plain = shown(found)
    assert "\x1b" not in plain
    assert "+refund" in plain and "++++++++" in plain and "[bold]" in plain
    assert all(len(line) <= 80 for line in plain.splitlines() if not line.startswith("How"))
    total = re.search(r"log-odds, the sum +(\S+)", plain).group(1)
    assert float(total) == pytest.approx(one.log_odds, abs=0.005)
    coloured = shown(found, force_terminal=True, color_system="standard", no_color=False)
    assert "\x1b[1;32m+refund" in coloured


def test_another_label_can_be_compared(place):
    found = undercut.explain(spec(place, "where is my refund", against="file_claim"))
    assert found.explanations[0].against == "file_claim"
    with pytest.raises(UndercutError, match="Did you mean 'file_claim'"):
        undercut.explain(spec(place, "where is my refund", against="file_clam"))
    same = undercut.explain(spec(place, "where is my refund", against="refund_status"))
    assert same.explanations[0].against != "refund_status"


def test_the_page_is_whole_and_escaped(place, tmp_path):
    text = "<script>alert(1)</script> where is my refund & 退款"
    undercut.explain(spec(place, text, page=tmp_path / "why.html"))
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;" in page and "退" in page
    assert 'class="w for"' in page and "http:" not in page and "https:" not in page
    assert [p.name for p in tmp_path.iterdir()] == ["why.html"]


def test_terms_of_each_label(place, tmp_path):
    found = undercut.explain(spec(place, global_=True, most=5))
    words = {k: [t.term for t in v if t.kind == "word"] for k, v in found.terms.items()}
    assert "password" in words["reset_password"] and "refund" in words["refund_status"]
    assert all(len(v) <= 5 for v in words.values())
    shutil.copytree(place / "out" / "runs" / "small-linear" / "model", tmp_path / "model")
    alone = undercut.ExplainSpec(
        artefact=tmp_path / "model", global_=True, workspace=tmp_path / "none"
    )
    with pytest.raises(UndercutError) as error:
        undercut.explain(alone)
    assert error.value.code == "explain-rows"
    read = alone.model_copy(update={"data": [place / "small.csv"], "text_column": "text"})
    assert undercut.explain(read).terms["reset_password"]


def test_nothing_to_explain_is_one_clear_error(place):
    with pytest.raises(UndercutError) as error:
        undercut.explain(spec(place))
    assert error.value.code == "explain-text"


def test_a_linear_model_is_explained_without_torch(place):
    import subprocess
    import sys

    code = (
        "import sys, undercut\n"
        f"undercut.explain(undercut.ExplainSpec(artefact='small-linear', inputs=['refund'], "
        f"workspace={str(place / 'out')!r}))\n"
        "print([m for m in ('torch', 'sklearn', 'transformers', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
