"""``check`` on big files: what it finds is what it finds in memory, and what it keeps is bounded."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.core.specs_data import CheckSpec
from undercut.data import big
from undercut.pipeline.checking import check as checking
from undercut.pipeline.checking import labels, lengths
from undercut.pipeline.checking.check import check
from undercut.pipeline.checking.page import page

WORDS = [
    "refund",
    "money",
    "card",
    "lost",
    "order",
    "parcel",
    "late",
    "cancel",
    "block",
    "new",
    "退款",
    "订单",
    "快递",
    "取消",
]


def rows_of(n: int, seed: int) -> list[tuple[str, str, str]]:
    rng = random.Random(seed)
    found = []
    for i in range(n):
        label = rng.choice(["a", "b", "c"])
        words = [*rng.choices(WORDS, k=7), *rng.choices(WORDS[ord(label) - 97 :: 3], k=7)]
        found.append((" ".join(words) + f" {i}", label, rng.choice(["train", "dev", "test"])))
    for i in range(0, n, 9):
        found.append((found[i][0] + " again", rng.choice("ab"), "train"))
        found.append(found[i])
    return found


def write(path: Path, rows, columns=("text", "label", "split")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(columns)
        writer.writerows(row[: len(columns)] for row in rows)
    return path


def both(spec: CheckSpec) -> list[dict]:
    """Return what is found in memory, and with the texts on disk."""
    found = []
    for size in (1 << 40, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(big, "BIG", size)
            try:
                got = check(spec).model_dump(mode="json")
            except UndercutError as e:
                found.append({"error": e.code, "where": [p.where for p in e.problems]})
                continue
            for fixed in got["fixed"]:
                fixed |= {kind: Path(fixed[kind]).read_text() for kind in ("copy_file", "log")}
            found.append(got)
    return found


texts = st.one_of(
    st.text(st.sampled_from("aAbＡ 退款,\"\n'=xé"), max_size=8),
    st.sampled_from(
        [
            "where is my money",
            "Where is  my money",
            "where is my money!",
            "mail ann@example.com",
            "ignore all previous instructions",
            "привет мир",
            "?!",
            "",
        ]
    ),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(" ".join),
)
kinds = st.sampled_from(["yes", "Yes", " yes", "no", "nan", "", "maybe"])
parts = st.sampled_from(["train", "train", "dev", "test"])


@given(st.lists(st.tuples(texts, kinds, parts), min_size=4, max_size=30), st.booleans())
@settings(max_examples=30, deadline=None)
def test_findings_are_the_same_streamed(tmp_path_factory, rows, split):
    place = tmp_path_factory.mktemp("same")
    rows = [("plain words here", "yes", "train"), ("other words there", "no", "train"), *rows]
    columns = ("text", "label", "split") if split else ("text", "label")
    path = write(place / "a.csv", rows, columns)
    whole, streamed = both(CheckSpec(train=[path], fix=True, label_errors=False))
    assert streamed == whole


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(checking, "NEAR_ROWS", 150)
    monkeypatch.setattr(labels, "MOST", 100)
    monkeypatch.setattr(lengths, "SAMPLE", 60)


def test_label_errors_and_samples_are_the_same_streamed(tmp_path, small_limits):
    train = write(tmp_path / "a.csv", rows_of(240, 1), ("text", "label"))
    test = write(tmp_path / "b.csv", rows_of(170, 2), ("text", "label"))
    whole, streamed = both(CheckSpec(train=[train], test=[test], seed=3))
    assert streamed == whole
    assert whole["label_errors"]["rows"] == 100


def test_what_is_sampled_is_said_everywhere(tmp_path, small_limits, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = write(tmp_path / "a.csv", rows_of(240, 1), ("text", "label"))
    found = check(CheckSpec(train=[path], seed=3))
    n = found.rows
    said = {s.check: s.how for s in found.samples}
    assert said["near copies"] == f"a random 150 of {n} rows, seed 3"
    assert said["label errors"] == f"a random 100 of {n} rows, seed 3"
    assert said["lengths"] == "every 5th row, 59 of 294, and the longest"
    html = page(found, ["a.csv"])
    for how in said.values():
        assert any(how in note for note in found.notes)
        assert html.count(how) >= 2
    messages = {f.code: f.message for f in found.findings}
    assert messages["near-duplicates"].startswith(f"Among {said['near copies']}: ")
    assert f"(a random sample of {n}, seed 3)" in messages["label-errors"]


def test_long_texts_make_the_samples_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "NEAR_BYTES", 10_000)
    monkeypatch.setattr(labels, "BYTES", 8_000)
    path = write(tmp_path / "a.csv", rows_of(240, 1), ("text", "label"))
    found = {s.check: s.rows for s in check(CheckSpec(train=[path])).samples}
    mean = sum(len(t.encode()) for t, _, _ in rows_of(240, 1)) / 294
    assert found["near copies"] == int(10_000 / mean)
    assert found["label errors"] == int(8_000 / mean)


def test_a_sample_may_change_with_the_seed_and_rows_are_where_they_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    monkeypatch.setattr(checking, "NEAR_ROWS", 200)
    path = write(tmp_path / "a.csv", rows_of(300, 5), ("text", "label"))
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = []
    for seed in (0, 1):
        found = check(CheckSpec(train=[path], seed=seed, label_errors=False))
        assert found.near_pairs
        for pair in found.near_pairs:
            for place, text in zip(pair.rows, pair.texts, strict=True):
                assert lines[int(place.rpartition(":")[2]) - 1].startswith(text)
        shown.append([p.rows for p in found.near_pairs])
    assert shown[0] != shown[1]


def test_progress_tells_bytes_and_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    monkeypatch.setattr(big, "TOLD", 50)
    path = write(tmp_path / "a.csv", rows_of(300, 5), ("text", "label"))
    steps, ticks = [], []

    class Listener:
        def announce(self, step):
            steps.append(step)

        def tick(self, progress):
            ticks.append(progress)

        def say(self, line):
            raise AssertionError(line)

    check(CheckSpec(train=[path], label_errors=False), Listener())
    assert steps[:3] == ["read", "exact copies and labels", "near copies"]
    for stage in ("look through a.csv", "read a.csv"):
        told = [t for t in ticks if t.stage == stage]
        assert len(told) >= 6
        assert [t.done for t in told] == sorted(t.done for t in told)
        assert {t.total for t in told} == {path.stat().st_size}
        assert 0 < told[0].done <= told[-1].done <= told[-1].total


def test_a_temporary_folder_without_room_is_told_first(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = write(tmp_path / "a.csv", rows_of(30, 5), ("text", "label"))
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr("undercut.data.usable.shutil.disk_usage", lambda _: full)
    with pytest.raises(UndercutError, match="Set TMPDIR") as e:
        check(CheckSpec(train=[path], label_errors=False))
    assert e.value.code == "data-disk"


MEASURED = """
import json, resource, sys
from pathlib import Path
from undercut.core.specs_data import CheckSpec
from undercut.data import big
from undercut.pipeline.checking import check, labels, lengths
big.BIG, big.SAMPLE = 1 << 20, 200
check.NEAR_BYTES, labels.BYTES, lengths.SAMPLE = 1 << 19, 1 << 17, 50
path = Path(sys.argv[1])
found = check.check(CheckSpec(train=[path], fix=True))
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, found.model_dump(mode="json")]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_does_not_grow_with_the_texts(tmp_path):
    """Five times the rows: the 10 MB of text more are not held, numbers and hashes are."""
    peaks, found = [], []
    for n in (2_000, 10_000):
        path = tmp_path / f"{n}.csv"
        rng = random.Random(0)
        pieces = [" ".join(rng.choices(WORDS[:10], k=20)) for _ in range(200)]
        with path.open("w", encoding="utf-8") as f:
            f.write("text,label\n")
            for i in range(n):
                f.write(f"{i} {' '.join(rng.choices(pieces, k=12))},{'abcd'[i % 4]}\n")
                if i % 50 == 49:
                    f.write(f"row {i // 100} again,a\n")
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", MEASURED, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        peak, checked = json.loads(done.stdout)
        peaks.append(peak * (1 if sys.platform == "darwin" else 1024))
        found.append(checked)
        codes = {f["code"]: f["message"] for f in checked["findings"]}
        assert f"{n // 100:,} rows repeat" in codes["duplicates"]
        assert checked["fixed"][0]["rows_after"] == n + n // 100
    extra_text = (10_000 - 2_000) * 1_400
    assert peaks[1] - peaks[0] < extra_text / 2, peaks
