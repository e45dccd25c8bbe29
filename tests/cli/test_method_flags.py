"""--METHOD.OPTION on the command line: written down once, beside the method, and checked."""

from __future__ import annotations

import pytest

from undercut.cli.app import main
from undercut.cli.command import build_spec, check_flags
from undercut.core.errors import UndercutError
from undercut.core.specs_training import RunSpec


def test_flags_win_over_the_file_one_option_at_a_time(tmp_path):
    file = tmp_path / "undercut.toml"
    file.write_text("[options.lora]\nrank = 4\nalpha = 8.0\n[options.full]\nepochs = 1\n")
    spec = build_spec(RunSpec, {"options": {"lora": {"rank": 2}}}, file)
    assert spec.options == {"lora": {"rank": 2, "alpha": 8.0}, "full": {"epochs": 1}}


@pytest.mark.parametrize("method", ["lora", "bitfit", "auto"])
def test_flags_of_the_method_or_of_the_stack_pass(method):
    own = {"linear": {"c": [1.0]}}
    check_flags(own if method == "auto" else own | {method: {"epochs": 2}}, method)


def test_a_flag_of_another_method_is_one_error_that_says_what_was_meant():
    with pytest.raises(UndercutError) as e:
        check_flags({"lora": {"epochs": 2}}, "bitfit")
    assert e.value.code == "method-flags"
    assert "Did you mean '--bitfit.epochs'" in str(e.value)
    with pytest.raises(UndercutError, match="Say --method lora"):
        check_flags({"lora": {"rank": 2, "alpha": 3}}, "auto")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--lora.rnk", "8"], "Did you mean --lora.rank?"),
        (["--lora.rank", "eight"], "--lora.rank: expected a valid integer; found 'eight'."),
        (["--lora.targets", "some"], "--lora.targets: expected 'all', 'attention' or"),
        (["--method", "bitfit", "--lora.rank", "8"], "expected --method lora beside it"),
    ],
)
def test_what_the_command_says(flags, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as e:
        main(["train", "rows.csv", *flags])
    assert e.value.code == 2
    said_all = capsys.readouterr().err
    assert said in said_all
    assert "Traceback" not in said_all
    assert "pydantic" not in said_all


@pytest.mark.parametrize("order", [["model", "held.csv", "--only", "onnx", "quantise"],
                                   ["--only", "onnx", "quantise", "model", "held.csv"]])  # fmt: skip
def test_a_second_value_taken_for_a_file_is_one_error_with_the_right_form(
    order, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "held.csv").write_text("text,label\na,b\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["compress", *order])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "option-several" in said
    assert "--only onnx --only " in said and "Traceback" not in said


def test_a_form_there_is_not_is_named_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["compress", "model", "held.csv", "--only", "quantize", "--only", "nonsense"])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("undercut: ") == 2
    assert "Did you mean 'quantise'?" in said and "'nonsense'" in said
    assert list(tmp_path.iterdir()) == []
