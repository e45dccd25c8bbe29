"""``undercut new``: the file it writes is read by ``run``, says what is meant, and never overwrites."""

from __future__ import annotations

import re
import tomllib

import pytest

import undercut
from pipeline.sets import rows, write_csv
from undercut.cli.command import build_spec
from undercut.core.errors import UndercutError
from undercut.core.specs_data import NewSpec
from undercut.core.specs_training import RunSpec


def made(tmp_path, monkeypatch, **options):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "Kunden & 客户.csv", rows("support_zh.csv"))
    spec = NewSpec(train=["Kunden & 客户.csv"], **options)
    return undercut.new(spec), (tmp_path / spec.out).read_text(encoding="utf-8")


def test_run_takes_the_file(tmp_path, monkeypatch):
    found, text = made(tmp_path, monkeypatch)
    assert (found.text_column, found.label_column) == ("text", "label")
    assert "by its name" in text and "refund_status (" in text
    spec = build_spec(RunSpec, {"method": "dummy"})
    assert spec.text_column == "text" and spec.label_column == "label"
    assert undercut.run(spec).promoted == "dummy"


def test_every_option_of_run_is_there_with_its_own_words(tmp_path, monkeypatch):
    _, text = made(tmp_path, monkeypatch)
    flat = " ".join(re.sub(r"^# ?", "", line) for line in text.splitlines())
    for name, field in RunSpec.model_fields.items():
        assert " ".join(field.description.split()) in flat, name
        if name != "options":
            assert len(re.findall(rf"^(?:# )?{name.replace('_', '-')} = ", text, re.M)) == 1, name


def test_the_defaults_shown_are_the_defaults(tmp_path, monkeypatch):
    _, text = made(tmp_path, monkeypatch)
    shown = re.findall(r"^# ([a-z-]+ = (?!\.\.\.).*)$", text, re.M)
    table = {k.replace("-", "_"): v for k, v in tomllib.loads("\n".join(shown)).items()}
    assert len(table) > 10
    assert RunSpec(**table) == RunSpec()


def test_what_you_give_is_set(tmp_path, monkeypatch):
    _, text = made(tmp_path, monkeypatch, seed=7, licence='CC-BY "4.0"', out="sub/undercut.toml")
    table = tomllib.loads(text)
    assert table["seed"] == 7 and table["licence"] == 'CC-BY "4.0"'
    assert table["train"] == ["../Kunden & 客户.csv"]
    assert "out" not in table and "force" not in table


def test_a_file_that_is_there_stays(tmp_path, monkeypatch):
    (tmp_path / "undercut.toml").write_text("seed = 3\n")
    with pytest.raises(UndercutError, match="--force"):
        made(tmp_path, monkeypatch)
    assert (tmp_path / "undercut.toml").read_text() == "seed = 3\n"
    _, text = made(tmp_path, monkeypatch, force=True)
    assert "seed = 3" not in text


def test_a_bad_file_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text("text\nhello\n")
    with pytest.raises(UndercutError):
        undercut.new(NewSpec(train=["one.csv"]))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.csv"]
