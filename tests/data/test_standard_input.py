"""``-`` and pipes: read once, the format found by itself."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from undercut.data import sources
from undercut.data.load import load_examples

ROWS = [(f"where is order {i}, please", ("late", "lost")[i % 2]) for i in range(40)]
CSV = "text,label\n" + "".join(f'"{x}",{y}\n' for x, y in ROWS)
STREAMS = {
    "csv": CSV.encode(),
    "tsv without a heading": "".join(f"{x}\t{y}\n" for x, y in ROWS).encode(),
    "json lines": "".join(json.dumps({"q": x, "intent": y}) + "\n" for x, y in ROWS).encode(),
    "json": json.dumps([{"q": x, "intent": y} for x, y in ROWS]).encode(),
    "utf-16": CSV.encode("utf-16"),
}


def check(data: bytes, cwd: Path, *names: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "undercut", "check", *names, "--json"]
    return subprocess.run(command, input=data, cwd=cwd, capture_output=True, timeout=120)


@pytest.mark.parametrize("shape", STREAMS)
def test_standard_input_is_sniffed(shape, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STREAMS[shape])))
    sources._stdin.cache_clear()
    for _ in range(2):  # it is there to be read again
        found, notes = load_examples([Path("-")], "text-classification")
        assert list(zip(found.inputs, found.targets, strict=True)) == ROWS
        assert any(n.startswith("stdin: text is column") for n in notes)
    sources._stdin.cache_clear()


def test_the_command_reads_standard_input_and_writes_nothing(tmp_path):
    done = check(STREAMS["csv"], tmp_path, "-")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["labels"]) == (40, ["late", "lost"])
    assert not list(tmp_path.iterdir())


def test_rows_of_standard_input_have_line_numbers(tmp_path):
    done = check(CSV.encode() + b"no label,\n", tmp_path, "-")
    assert done.returncode == 2
    assert b"stdin:42" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_named_pipe_is_read_once(tmp_path):
    pipe = tmp_path / "rows.fifo"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "undercut", "check", str(pipe), "--json"]
    going = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE)
    pipe.write_bytes(CSV.encode())
    out, _ = going.communicate(timeout=120)
    assert json.loads(out)["rows"] == 40
