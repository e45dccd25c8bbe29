"""Twenty ways to ask for a search wrongly: each one clear error, status 2, nothing written."""

from __future__ import annotations

import importlib.util

import pytest

from pipeline.sets import small, write_csv
from undercut.cli.app import main

pytest.importorskip("optuna", reason='optuna is not installed: pip install "undercut[tune]"')

T = ["--trials", "2"]
BAD = [
    (["small.csv"], "a budget: --budget-usd, --max-minutes or --trials"),
    ([*T], "a labelled file"),
    (["missing.csv", *T], "missing.csv"),
    (["one.csv", *T], "label"),
    (["empty.csv", *T], "empty.csv"),
    (["small.csv", "--trials", "0"], "--trials"),
    (["small.csv", "--trials", "-3"], "--trials"),
    (["small.csv", "--trials", "many"], "many"),
    (["small.csv", "--budget-usd", "0"], "--budget-usd"),
    (["small.csv", "--budget-usd", "-1"], "--budget-usd"),
    (["small.csv", "--budget-usd", "nan"], "--budget-usd"),
    (["small.csv", "--budget-usd", "inf"], "--budget-usd"),
    (["small.csv", "--max-minutes", "0"], "--max-minutes"),
    (["small.csv", *T, "--methods", "liner"], "linear"),
    (["small.csv", *T, "--methods", "linear", "--methods", "nothing"], "'nothing'"),
    (["small.csv", *T, "--methods", "linear", "--methods", "linear"], "linear twice"),
    (["small.csv", *T, "--methods", "linear", "--method", "probe"], "--methods"),
    (["small.csv", *T, "--target-accuracy", "90"], "--target-accuracy"),
    (["small.csv", *T, "--seed", "-1"], "--seed"),
    (["small.csv", *T, "--methods", "linear", "--text-column", "words"], "words"),
    (["small.csv", *T, "--methods", "linear", "--workspace", "small.csv/out"], "small.csv/out"),
    (["small.csv", *T, "--methods", "probe", "--base", "no/folder"], "no/folder"),
    (["small.csv", "--budget-usd", "1e-12", "--methods", "linear"], "budget"),
    (["small.csv", *T, "--trails", "3"], "trails"),
    (["small.csv", *T, "--methods", "linear", "--price-date", "tomorrow"], "tomorrow"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    small(folder)
    write_csv(folder / "one.csv", [(f"text {i}", "only") for i in range(30)])
    (folder / "empty.csv").write_text("")
    return folder


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(a) or "none" for a, _ in BAD])
def test_one_clear_error(place, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit) as e:
        main(["tune", *arguments, "--quiet"])
    assert e.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert "optuna" not in err.lower()
    assert not list(place.glob("undercut-out/runs/*"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('trials = "two"', "trials"),
        ("trials = 2\nmethods = 3", "methods"),
        ("trials = 2\n[options.linear]\nbits = 99", "bits"),
        ("trials = 2\n[options.linear]\nwurds = 1", "wurds"),
    ],
)
def test_one_clear_error_in_the_file(place, monkeypatch, capsys, content, said):
    monkeypatch.chdir(place)
    path = place / "undercut.toml"
    path.write_text(content)
    try:
        with pytest.raises(SystemExit) as e:
            main(["tune", "small.csv", "--quiet"])
    finally:
        path.unlink()
    assert e.value.code == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_without_the_package_the_command_to_install_it_is_said(place, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "optuna" else find(name, *a)
    )
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit) as e:
        main(["tune", "small.csv", *T, "--quiet"])
    assert e.value.code == 2
    assert 'pip install "undercut[tune]"' in capsys.readouterr().err
