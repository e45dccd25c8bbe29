"""``predict --out``: input order, bounded pieces, the same bytes after a kill, every second paid."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fitted import fitted
from conformance.samples import ODD_TEXTS, rows_of
from undercut.core.contracts import Scored
from undercut.core.errors import UndercutError
from undercut.core.specs_models import PredictSpec
from undercut.data import big
from undercut.data.inputs import load_inputs
from undercut.ledger.book import Book
from undercut.pipeline.predicting import predict_file
from undercut.predict import file as room
from undercut.predict.answers import answer_lines_json, answer_row
from undercut.predict.file import chunks
from undercut.predict.predictor import load

TASK = "text-classification"
KILLED = """
import os, signal, sys
from pathlib import Path
from undercut.core.specs_models import PredictSpec
from undercut.pipeline.predicting import predict_file
from undercut.pipeline.run import Silent
from undercut.predict import file
from undercut.store import journal
file.CHUNK_ROWS, journal.COMMIT_SECONDS = 16, 0.0
class Killer(Silent):
    def tick(self, progress):
        if progress.done >= int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)
artefact, rows, out = map(Path, sys.argv[1:4])
predict_file(PredictSpec(artefact=artefact, file=rows, out=out, workspace=out.parent, threads=1), Killer())
"""


@pytest.fixture(scope="module")
def artefact():
    return fitted(TASK, "linear")[0]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    texts = [*rows_of(TASK, 150, 4).inputs, "", "退款 \ud800 half", 'a "quote"\n'][:153]
    path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts), encoding="utf-8")
    return path


def ask(artefact, rows, out):
    return predict_file(
        PredictSpec(artefact=artefact, file=rows, out=out, workspace=out.parent, threads=1)
    )


def test_the_same_bytes_after_a_kill_and_every_second_paid(artefact, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "CHUNK_ROWS", 16)
    whole = tmp_path / "whole" / "out.jsonl"
    result = ask(artefact, rows, whole)
    killed = tmp_path / "killed" / "out.jsonl"
    killed.parent.mkdir()
    for moment in (40, 100):
        command = [sys.executable, "-c", KILLED, *map(str, (artefact, rows, killed, moment))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert not killed.exists()
    again = ask(artefact, rows, killed)
    assert killed.read_bytes() == whole.read_bytes()
    assert (result.rows, again.rows, again.resumed_rows) == (153, 153, 112)
    book = Book(killed.parent / "ledger.sqlite")
    (subject,) = {e.subject for e in book.entries("predict:")}
    assert book.attempts(subject) == ["killed", "killed", "done"]
    paid = [e for e in book.entries(subject) if e.unit == "cpu_second"]
    assert sum(float(e.quantity) for e in paid) == pytest.approx(again.cpu_seconds)
    assert again.cost_usd > 0


def test_rows_come_out_in_order_as_predict_gives_them(artefact, rows, tmp_path):
    out = tmp_path / "out.jsonl"
    assert ask(artefact, rows, out).out == str(out)
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    texts = load_inputs(rows)
    predictor = load(artefact, threads=1)
    want = [answer_row(TASK, a, 0) for a in predictor.predict(texts)]
    assert found == [{"text": t} | w for t, w in zip(texts, want, strict=True)]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=9), st.integers(0, 2**32 - 1))
def test_a_task_dumps_what_its_rows_say(texts, seed):
    from undercut.tasks.text_classification.shown import dump, row
    from undercut.tasks.text_classification.task import TextClassification

    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.3, 0.3, 0.3], len(texts)).astype(np.float32) + 1e-9
    scored = Scored(np.log(p), (rng.random(len(texts)) < 0.5).tolist())
    labels = ("a", 'b"', "退款")
    answers = TextClassification().decode(scored, texts, labels)
    want = [
        json.dumps({"text": t} | row(a, 0), ensure_ascii=False) + "\n"
        for t, a in zip(texts, answers, strict=True)
    ]
    assert dump(scored, texts, labels) == want


def test_a_task_without_a_dump_of_its_own_gives_rows_too():
    predictor = load(fitted("token-classification", "linear")[0], threads=1)
    texts = [*rows_of("token-classification", 3, 1).inputs]
    kind = predictor.task
    for places in (["", "", ""], ["a:1", "a:5", "b:1"]):
        found = [json.loads(line) for line in answer_lines_json(predictor, texts, places)]
        assert [f["text"] for f in found] == [kind.text(t) for t in texts]
        assert [f.get("row", "") for f in found] == places
        assert all("entities" in f for f in found)


@given(st.lists(st.text(max_size=5), max_size=40), st.integers(1, 7), st.integers(1, 12))
def test_pieces_are_bounded_and_lose_nothing(texts, rows, characters):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "CHUNK_ROWS", rows)
        patch.setattr(room, "CHUNK_CHARACTERS", characters)
        placed = [(t, "") for t in texts]
        found = list(chunks(placed))
        cut = len(found[0]) if found else 0
        assert list(chunks(placed[cut:])) == found[1:]  # going on cuts where the whole does
    assert [t for chunk in found for t, _ in chunk] == texts
    assert all(0 < len(chunk) <= rows for chunk in found)


def test_a_bad_row_of_a_big_file_stops_everything_before_it_begins(artefact, tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "my money back please"}\n' * 5 + "[1, 2\n" + '{"text": "x"}\n')
    with pytest.raises(UndercutError, match=r"rows\.jsonl:6"):
        ask(artefact, path, tmp_path / "out.jsonl")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.jsonl"]


def test_odd_texts_go_through(artefact, tmp_path):
    path = tmp_path / "odd.json"
    path.write_text(json.dumps([{"text": t} for t in ODD_TEXTS]), encoding="utf-8")
    assert ask(artefact, path, tmp_path / "out.jsonl").rows == len(ODD_TEXTS)


def test_the_file_that_is_read_is_not_written(artefact, rows):
    before = rows.read_bytes()
    with pytest.raises(UndercutError, match="the same"):
        ask(artefact, rows, rows)
    assert rows.read_bytes() == before
