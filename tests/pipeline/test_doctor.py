"""The doctor: limits read from files, versions compared, and a quick look without heavy imports."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import undercut
from undercut.core import limits as cores_of
from undercut.pipeline.doctor import machine, packages
from undercut.pipeline.doctor.doctor import FONT_FOLDERS, doctor

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(packages.__file__).with_name("known_bad.toml")
HEAVY = ("torch", "transformers", "onnxruntime", "sklearn", "numpy", "matplotlib", "fastapi")


def test_it_is_quick_and_light(tmp_path):
    code = (
        "import sys, undercut\n"
        f"d = undercut.doctor(undercut.DoctorSpec(workspace={str(tmp_path / 'out')!r}))\n"
        "print(d.model_dump_json())\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, heavy = done.stdout.splitlines()
    assert heavy == "[]"
    topics = {c["topic"] for c in json.loads(said)["checks"]}
    assert {"Python", "processor", "cores", "memory", "workspace", "core", "GPU"} <= topics
    assert not (tmp_path / "out").exists()


def test_every_extra_is_looked_at():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set(packages.EXTRAS) | set(packages.GATHERED)
    assert named == set(project["optional-dependencies"])
    looked = {c.topic for c in packages.packages()}
    if "core" in looked:  # installed, not run from its source
        assert looked == {"core"} | {f"extra {e}" for e in packages.EXTRAS}


def test_an_extra_made_of_another_and_one_the_installation_does_not_know():
    asked = packages.wishes(
        ["undercut[serve]; extra == 'postgres'", "psycopg[binary]>=3.2; extra == 'postgres'"]
    )
    assert [(w.name, w.least, w.extra) for w in asked] == [("psycopg", "3.2", "postgres")]
    check = packages._check("postgres", "a store", [])
    assert (check.state, check.fix) == ("note", 'pip install "undercut[postgres]"')


def group(tmp_path, **files):
    folder = tmp_path / "group"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return [folder]


@pytest.mark.parametrize(
    ("files", "cores", "memory"),
    [
        ({"cpu__max": "150000 100000\n", "memory__max": "1073741824\n"}, 1.5, 2**30),
        ({"cpu__max": "max 100000\n", "memory__max": "max\n"}, None, None),
        ({"cpu__cfs_quota_us": "50000", "cpu__cfs_period_us": "100000"}, 0.5, None),
        ({"cpu__cfs_quota_us": "-1", "cpu__cfs_period_us": "100000"}, None, None),
        ({"memory__limit_in_bytes": "9223372036854771712"}, None, None),
        ({"memory__limit_in_bytes": "536870912"}, None, 2**29),
        ({}, None, None),
    ],
)
def test_a_containers_limits(tmp_path, files, cores, memory):
    folders = group(tmp_path, **files)
    assert cores_of.core_limit(folders) == cores
    assert machine.memory_limit(folders) == memory


def test_every_enclosing_group_counts(tmp_path):
    found = cores_of.cgroup_folders("0::/a/b\n4:cpu,cpuacct:/x\n", tmp_path)
    for place in ("a/b", "a", ".", "cpu/x", "cpu", "cpuacct/x"):
        assert (tmp_path / place).resolve() in [p.resolve() for p in found], place
    assert all(p.is_relative_to(tmp_path) for p in found)


def test_flags_of_both_kinds_of_processor():
    assert machine.flags("x: 1\nflags\t\t: fpu avx2 avx512_vnni\n") == {
        "fpu",
        "avx2",
        "avx512_vnni",
    }
    assert machine.flags("Features\t: fp asimddp bf16\n") == {"fp", "asimddp", "bf16"}
    assert machine.flags("") == set()


@pytest.mark.parametrize(
    ("have", "named"),
    [
        ({"torch": "2.13.0+cpu", "torchvision": "0.28.0"}, ["torchvision"]),
        ({"torch": "2.13.0+cpu", "torchvision": "0.28.0+cpu"}, []),
        ({"torchvision": "0.28.0"}, []),
        ({"optimum-onnx": "0.1.0", "transformers": "5.23.0"}, ["optimum-onnx"]),
        ({"optimum-onnx": "0.1.0", "transformers": "4.57.6"}, []),
        ({"setfit": "1.1.3", "transformers": "5.0.0"}, ["setfit"]),
        ({"setfit": "1.2.0", "transformers": "5.0.0"}, []),
        ({"litellm": "1.82.8"}, ["litellm"]),
        ({"litellm": "1.82.6"}, []),
        ({"litellm": "1.82.9"}, []),
    ],
)
def test_versions_that_do_not_go_together(have, named):
    found = packages.known_bad(have)
    assert [c.found.split()[0] for c in found] == named
    assert all(c.source.startswith("https://") and c.fix for c in found)


def test_every_row_is_dated_and_cited():
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["bad"]
    for row in rows:
        assert isinstance(row["since"], datetime.date)
        assert row["source"].startswith("https://")
        assert row["severity"] in ("note", "broken")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2.13.0+cpu", (2, 13)),
        ("1.82.7", (1, 82, 7)),
        ("5.0.0rc1", (5,)),
        ("0.10", (0, 10)),
        ("", ()),
    ],
)
def test_versions_are_numbers(text, numbers):
    assert packages.numbers(text) == numbers


def test_what_a_package_asks_for():
    lines = ["numpy>=2.0", 'torch>=2.9; extra == "train"', "a[b]; extra == 'all'", "x (>=1)"]
    found = packages.wishes(lines)
    assert [(w.name, w.least, w.extra) for w in found[:3]] == [
        ("numpy", "2.0", ""),
        ("torch", "2.9", "train"),
        ("a", "", "all"),
    ]


def test_a_core_package_too_old_is_broken_and_an_absent_extra_is_not(monkeypatch, tmp_path):
    have = {"numpy": "1.26.4"}
    monkeypatch.setattr(
        packages, "requires", lambda _: ["numpy>=2.0", "torch>=2.9; extra=='train'"]
    )
    monkeypatch.setattr(packages, "installed", have.get)
    core, train, *_ = packages.packages()
    assert core.state == "broken" and "numpy 1.26.4" in core.found
    assert train.state == "missing" and train.fix == 'pip install "undercut[train]"'
    from undercut.cli.diagnosis import DoctorResult

    assert DoctorResult(doctor(undercut.DoctorSpec(workspace=tmp_path))).exit_code == 2


def test_a_workspace_that_cannot_be_written_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    check = machine.machine(tmp_path / "out")[-1]
    assert (check.topic, check.state) == ("workspace", "broken")


def test_deep_imports_what_is_there(tmp_path, monkeypatch):
    from undercut.pipeline.doctor import doctor as room

    monkeypatch.setattr(room, "HEAVY", {"onnx": ("tokenizers",), "plots": ("no_such_package",)})
    monkeypatch.setattr(room, "installed", lambda name: "1")
    found = {c.topic: c for c in room._imports()}
    assert found["import tokenizers"].state == "ok"
    assert found["import no_such_package"].state == "broken"
    assert "undercut[plots]" in found["import no_such_package"].fix


def test_font_folders_are_looked_at(monkeypatch, tmp_path):
    from undercut.pipeline.doctor import doctor as room

    assert FONT_FOLDERS
    monkeypatch.setattr(room, "FONT_FOLDERS", (str(tmp_path),))
    assert room._fonts().state == "missing"
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "NotoSansCJK-Regular.ttc").write_bytes(b"")
    assert room._fonts().state == "ok"
