"""Every bad input gives one clear message with file and row, status 2, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.bad_inputs import GOOD, HEAD, Bad, by_hand, families, sheet_xml, spreadsheets, workbook
from undercut.cli.app import main
from undercut.core.errors import UndercutError
from undercut.data.load import load_examples

CASES = [*families(), *by_hand()]


def refused(capsys, *arguments: str) -> str:
    """Run a command that must fail as a user's mistake; return what it said."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as e:
        main(list(arguments))
    shown = capsys.readouterr()
    assert e.value.code == 2, shown.err
    assert "Traceback" not in shown.err
    assert "undercut: " in shown.err
    return shown.err


def told(bad: Bad, capsys, tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / bad.name).write_bytes(bad.data)
    place = ("--workspace", str(tmp_path.with_name(f"{tmp_path.name}-out")))
    said = refused(capsys, "run", bad.name, *bad.flags, "--method", "linear", "--quiet", *place)
    assert bad.said in said, said
    problems = [line for line in said.splitlines() if line.startswith("undercut: ")]
    # Cyclopts speaks of an option without the file; everything else names file and row.
    if not bad.flags:
        assert all(bad.name in line for line in problems), said
        assert len(problems) <= 2
        assert re.search(r"\(error ([a-z-]+); more: undercut help \1\)", said)
    if bad.row:
        assert len(problems) == 1
        assert f"{bad.name}:{bad.row}: " in said, said
    checked_as_well(bad, capsys)
    assert sorted(p.name for p in tmp_path.iterdir()) == [bad.name]
    return said


def checked_as_well(bad: Bad, capsys) -> None:
    """``check`` shows bad rows among its findings; it says so with the same status and place."""
    with pytest.raises(SystemExit) as e:
        main(["check", bad.name, *bad.flags, "--no-label-errors"])
    shown = capsys.readouterr()
    assert e.value.code == 2, shown
    assert "Traceback" not in shown.err
    if bad.row:
        assert f"{bad.name}:{bad.row}" in shown.out + shown.err


def test_there_are_a_hundred_and_they_are_distinct():
    assert len(CASES) >= 100
    assert len({(c.name, c.data, c.flags) for c in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "bad", CASES, ids=[f"{i}-{c.name}-{c.said[:24]}" for i, c in enumerate(CASES)]
)
def test_a_bad_input_is_one_clear_message(bad, capsys, tmp_path, monkeypatch):
    told(bad, capsys, tmp_path, monkeypatch)


@pytest.mark.parametrize("bad", spreadsheets(), ids=[c.name for c in spreadsheets()])
def test_a_bad_sheet_is_one_clear_message(bad, capsys, tmp_path, monkeypatch):
    pytest.importorskip("python_calamine")
    told(bad, capsys, tmp_path, monkeypatch)


def test_a_sheet_that_unpacks_to_gigabytes_is_not_unpacked(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("undercut.data.excel.MAX_UNPACKED", 1 << 16)
    rows = [["text", "label"], *([f"where is order {i}" * 20, "late"] for i in range(900))]
    bad = Bad("bomb.xlsx", workbook({"A": sheet_xml(rows)}), "unpacks to at most")
    told(bad, capsys, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("name", "data", "module", "extra"),
    [
        ("rows.parquet", b"PAR1" + b"\0" * 60 + b"PAR1", "pyarrow", "parquet"),
        ("rows.xlsx", workbook({"A": sheet_xml([["text", "label"]])}), "python_calamine", "excel"),
    ],
)
def test_a_missing_package_is_named_with_the_command(
    name, data, module, extra, capsys, tmp_path, monkeypatch
):
    import sys

    for known in [m for m in sys.modules if m.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, module, None)
    said = told(Bad(name, data, f'pip install "undercut[{extra}]"'), capsys, tmp_path, monkeypatch)
    assert "(error extra-missing;" in said


@pytest.mark.parametrize(
    "data", [b"PAR1", b"PAR1" + b"\0" * 60 + b"PAR1", b"PAR1" + os.urandom(500)]
)
def test_a_torn_parquet_file_is_told(data, capsys, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    told(Bad("rows.parquet", data, "expected a Parquet file"), capsys, tmp_path, monkeypatch)


def test_folders_that_hold_no_rows_or_too_many_kinds(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert "found nothing" in refused(capsys, "check", "empty")
    (tmp_path / "images" / "cat").mkdir(parents=True)
    (tmp_path / "images" / "cat" / "1.png").write_bytes(b"\x89PNG")
    assert "images/cat: expected a folder with" in refused(capsys, "check", "images")
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "a.csv").write_text(HEAD)
    (tmp_path / "mixed" / "b.json").write_text("[]")
    said = refused(capsys, "check", "mixed")
    assert "CSV and JSON (a.csv, b.json)" in said
    assert "Name the file: mixed/a.csv" in said


def test_a_link_to_nowhere_a_loop_and_a_device_are_told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("gone.csv").symlink_to("nowhere.csv")
    Path("loop.csv").symlink_to("loop.csv")
    for name in ("gone.csv", "loop.csv"):
        assert f"{name}: expected a readable file" in refused(capsys, "check", name)
    assert "found a device" in refused(capsys, "check", "/dev/zero")


def test_a_file_that_may_not_be_read_or_vanishes_is_told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(HEAD)
    read_bytes = Path.read_bytes

    def refusing(error: OSError):
        def read(self: Path) -> bytes:
            if self.name == "rows.csv":
                raise error
            return read_bytes(self)

        return read

    for error, words in (
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (FileNotFoundError(2, "No such file"), "no such file"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ):
        monkeypatch.setattr(Path, "read_bytes", refusing(error))
        said = refused(capsys, "check", "rows.csv")
        assert "rows.csv: expected a readable file" in said
        assert words in said


def run_leaves_nothing(capsys, folder: Path, *arguments: str) -> str:
    said = refused(capsys, "run", *arguments, "--method", "linear", "--quiet")
    left = [p for p in folder.rglob("*") if ".tmp" in p.name]
    assert not left
    assert not list(folder.rglob("manifest.json"))
    assert not list(folder.rglob("dataset.json"))
    assert not list(folder.rglob("report.html"))
    return said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rows.csv", HEAD + "no label,\n", "rows.csv:32"),
        ("open.csv", HEAD + '"open, oh,late\n', "open.csv:32"),
        ("one.csv", "text,label\n" + "same words,late\n" * 9, "label"),
        ("few.csv", "text,label\na b,late\nc d,lost\n", "rows"),
    ],
)
def test_a_run_on_bad_rows_keeps_nothing(name, text, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    assert said in run_leaves_nothing(capsys, tmp_path, name)


def test_a_place_that_cannot_be_written_is_told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(HEAD)
    Path("file").write_text("x")
    said = run_leaves_nothing(capsys, tmp_path, "rows.csv", "--workspace", "file/inside")
    assert "file" in said
    if os.geteuid():
        Path("locked").mkdir(mode=0o500)
        run_leaves_nothing(capsys, tmp_path, "rows.csv", "--workspace", "locked/out")


starts = st.sampled_from(
    [
        b"",
        b"text,label\n",
        b'[{"text": "',
        b'{"text": "a", "label": ',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"PK\x03\x04",
        b"PAR1",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        GOOD.encode(),
    ]
)
texts = st.text(st.sampled_from('ab ,;\t|@"\n\r\\{}[]:1你'), max_size=150).map(str.encode)
names = st.sampled_from(
    ["f.csv", "f.tsv", "f.txt", "f.json", "f.jsonl", "f.xlsx", "f.parquet", "f"]
)


@given(starts, st.binary(max_size=300) | texts, names, st.booleans())
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused_by_name(start, rest, name, streamed):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("undercut.data.big.BIG", 0 if streamed else 1 << 40)
        path = Path(folder) / name
        path.write_bytes(start + rest)
        try:
            found, _ = load_examples([path], "text-classification")
        except UndercutError as e:
            assert all(name in p.where for p in e.problems), str(e)
            return
    assert len(found.inputs) == len(found.targets) == len(found.rows) > 0
    assert all(x.strip() for x in (*found.inputs, *found.targets))
