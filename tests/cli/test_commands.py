"""The command as a user types it: exit codes, JSON, errors, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.sets import rows, small, write_csv


def undercut(*arguments: str, cwd: Path, ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "undercut", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={k: v for k, v in os.environ.items() if k != "COLUMNS"},
    )
    if ok:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    small(folder)
    undercut("run", "small.csv", "--test", "small_test.csv", "--method", "linear", cwd=folder)
    return folder


def test_run_ends_with_what_a_founder_needs(place):
    done = undercut("run", "small.csv", "--test", "small_test.csv", "--method", "linear", cwd=place)
    text = done.stdout
    for word in ("requests a month", "Accuracy", "Macro-F1", "95 %", "CPU-seconds", "30 %"):
        assert word in text, word
    for word in ("Price floor", "not measured", "report.html", "undercut serve"):
        assert word in text, word


def test_json_is_one_document_and_progress_is_elsewhere(place):
    done = undercut(
        "run", "small.csv", "--test", "small_test.csv", "--method", "linear", "--json", cwd=place
    )
    document = json.loads(done.stdout)
    for key in ("accuracy", "macro_f1", "cost_usd", "usd_per_1k"):
        assert document[key] > 0
    assert document["did_work"] is False


def test_the_verbs_one_by_one(place):
    name = "small-linear"
    checked = json.loads(undercut("check", "small.csv", "--json", cwd=place).stdout)
    assert checked["rows"] == len(rows("support_en.csv"))
    assert checked["errors"] == 0
    scored = json.loads(undercut("evaluate", name, "small_test.csv", "--json", cwd=place).stdout)
    assert scored["accuracy"] > 0.7
    priced = json.loads(undercut("price", "--json", cwd=place).stdout)
    assert priced["usd_per_1k"] > 0
    reported = json.loads(undercut("report", "--json", cwd=place).stdout)
    assert (place / reported["report"]).is_file()
    answered = undercut("predict", name, "where is my refund", "--json", cwd=place)
    answer = json.loads(answered.stdout)["predictions"][0]
    assert answer["label"] == "refund_status"
    assert name in undercut("list", cwd=place).stdout
    assert "linear" in undercut("list", "plugins", cwd=place).stdout
    assert "step:fit-linear" in undercut("ledger", cwd=place).stdout


def test_train_keeps_the_model(place):
    done = undercut("train", "small.csv", "--method", "linear", "--json", cwd=place)
    model = json.loads(done.stdout)["artefact"]
    assert (place / model / "manifest.json").is_file()
    undercut("predict", model, "我的退款呢", cwd=place)


def test_predict_writes_every_row_in_order(place):
    texts = [text for text, _ in rows("test_en.csv")]
    write_csv(place / "ask.csv", [(t, "") for t in texts])
    undercut("predict", "small-linear", "--file", "ask.csv", "--out", "answers.jsonl", cwd=place)
    answers = [json.loads(line) for line in (place / "answers.jsonl").open(encoding="utf-8")]
    assert [a["text"] for a in answers] == texts


def test_a_row_of_labels_hours_and_a_second_time(place):
    undercut("ledger", "add", "person_hour", "2", "--entry-id", "june", cwd=place)
    again = undercut("ledger", "add", "person_hour", "2", "--entry-id", "june", cwd=place, ok=False)
    assert "entry id" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.csv"], ["missing.csv", "no such file"]),
        (["run"], ["a labelled file"]),
        (["run", "small.csv", "--methd", "linear"], ["--methd"]),
        (["run", "small.csv", "--valid-share", "0.9", "--error-usd", "-1"], ["valid", "error"]),
        (["predict", "nowhere", "text"], ["nowhere"]),
        (["serve", "nowhere"], ["nowhere"]),
        (["list", "plugns"], ["plugins"]),
        (["evaluate", "small-linear", "missing.csv"], ["missing.csv"]),
        (["price", "no-such-run"], ["no-such-run", "small-linear"]),
        (["runn"], ["run"]),
    ],
)
def test_a_mistake_is_one_clear_message(place, arguments, words):
    done = undercut(*arguments, cwd=place, ok=False)
    for word in words:
        assert word in done.stderr, done.stderr


def test_the_file_beside_you_is_read_and_flags_win(place, tmp_path):
    train, test = small(tmp_path)
    toml = 'train = ["small.csv"]\nmethod = "dummy"\nvalid-share = 0.2\n'
    (tmp_path / "undercut.toml").write_text(toml)
    done = json.loads(undercut("run", "--json", cwd=tmp_path).stdout)
    assert done["promoted"] == "dummy"
    done = json.loads(undercut("run", "--method", "linear", "--json", cwd=tmp_path).stdout)
    assert done["promoted"].startswith("linear")
    (tmp_path / "undercut.toml").write_text('train = ["small.csv"]\nmethd = "dummy"\n')
    wrong = undercut("run", cwd=tmp_path, ok=False)
    assert "Did you mean 'method'" in wrong.stderr


def test_help_loads_nothing_heavy_and_every_command_has_help(tmp_path):
    code = (
        "import sys\n"
        "from undercut.cli.app import COMMANDS, main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ['torch','transformers','onnxruntime','sklearn','numpy','fastapi','sqlalchemy']\n"
        "print([m for m in heavy if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().endswith("[]")
    from undercut.cli.app import COMMANDS

    for name in COMMANDS:
        assert name in done.stdout
        shown = undercut(name, "--help", cwd=tmp_path)
        assert "Usage" in shown.stdout


def test_stopping_with_control_c_is_not_a_crash(tmp_path):
    import signal

    train, _ = small(tmp_path)
    going = subprocess.Popen(
        [sys.executable, "-m", "undercut", "run", "small.csv", "--method", "linear"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2.0)
    going.send_signal(signal.SIGINT)
    _, errors = going.communicate(timeout=60)
    assert going.returncode in (0, 130)
    assert "Traceback" not in errors


def test_coreset_writes_rows_to_label_and_says_them_as_json(place):
    texts = [t for t, _ in rows("test_en.csv")]
    (place / "bare.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    done = undercut("coreset", "bare.txt", "--coreset", "7", "--labelled", "small.csv", "--json",
                    cwd=place)  # fmt: skip
    found = json.loads(done.stdout)
    assert len(found["picked"]) == 7
    assert (place / found["out"]).read_text(encoding="utf-8").count("\n") == 8
    again = undercut("coreset", "bare.txt", "--coreset", "7", cwd=place, ok=False)
    assert "file-exists" in again.stderr
    shown = undercut("coreset", "bare.txt", "--coreset", "7", "--force", cwd=place).stdout
    assert "7 rows of" in shown and "7 diverse" in shown and "undercut run" in shown
    few = undercut("train", "small.csv", "--coreset", "2", cwd=place, ok=False)
    assert "5 labels" in few.stderr and "--coreset" in few.stderr
