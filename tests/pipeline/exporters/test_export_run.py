"""A run in a tracker's own format: written, then read back with the tracker's own reader."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from pipeline.facts_fixture import run_facts
from pipeline.tuning.search_fixture import search_facts, training_curves
from undercut.cli.app import main
from undercut.core.specs_results import ExportSpec
from undercut.pipeline.exporters.export import EXPORTERS, export
from undercut.pipeline.exporters.tracked import tracked
from undercut.store.files import write_json


@pytest.fixture(params=["en", "zh"])
def place(tmp_path, request):
    """A workspace with one finished run, English or Chinese."""
    facts = run_facts(request.param)
    folder = tmp_path / "w" / "runs" / facts.data.name
    folder.mkdir(parents=True)
    facts = facts.model_copy(
        update={
            "name": facts.data.name, "report": str(folder / "report.html"),
            "search": search_facts(), "training": training_curves(),
        }
    )  # fmt: skip
    (folder / "report.html").write_text("<html>report</html>")
    write_json(folder / "facts.json", facts.model_dump(mode="json"))
    return tmp_path, tracked(facts)


def write(folder: Path, to: str):
    return export(ExportSpec(workspace=folder / "w", to=to, out=folder / "out"))


def points(run):
    return {
        f"{group}/{name}": [(step, values[name]) for step, values in curve if name in values]
        for group, curve in run.curves.items()
        for name in {n for _, values in curve for n in values}
    }


def test_what_is_written_is_what_was_found(place):
    _, run = place
    assert run.figures["test/accuracy"] == pytest.approx(0.944, abs=0.005)
    assert run.figures["cost/usd"] == 0.0082
    assert run.figures["cost/train_probe/cpu_seconds"] == 126.0
    assert run.curves["train/full"][2][1]["accuracy"] == pytest.approx(0.95 - 0.1 / 3)
    assert [v["best"] for _, v in run.curves["search"] if "best" in v] == [
        0.908, 0.931, 0.931, 0.938, 0.942,
    ]  # fmt: skip
    assert run.curves["labels"][-1][0] == 8500
    assert run.settings["options.partial.rate"] == "0.0007"
    assert run.points == sum(len(p) for p in points(run).values())


def test_tensorboard_reads_it_back(place):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    pytest.importorskip("tensorboard", reason="tensorboard, whose reader is used, is missing")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder, run = place
    for _ in range(2):  # the second takes the place of the first
        result = write(folder, "tensorboard")
    assert result.figures == len(run.figures)
    read = EventAccumulator(str(folder / "out" / run.name), {"scalars": 0, "tensors": 0})
    read.Reload()
    known = set(read.Tags()["scalars"])
    assert known == set(run.figures) | set(points(run))
    for name, value in run.figures.items():
        (event,) = read.Scalars(name)
        assert event.value == pytest.approx(value, rel=1e-6)
    for name, curve in points(run).items():
        found = [(e.step, e.value) for e in read.Scalars(name)]
        assert found == [(step, pytest.approx(value, rel=1e-6)) for step, value in curve]
    (text,) = read.Tensors("settings/data/text_summary")
    assert text.tensor_proto.string_val[0].decode() == run.settings["data"]


def test_mlflow_reads_it_back(place):
    pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
    pytest.importorskip("alembic", reason="alembic, which makes MLflow's tables, is missing")
    from mlflow.tracking import MlflowClient

    folder, run = place
    for _ in range(2):
        result = write(folder, "mlflow")
    store = f"sqlite:///{folder / 'out' / 'mlflow.db'}"
    assert store in result.next_command
    client = MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("undercut")
    (read,) = client.search_runs([experiment.experiment_id])
    assert read.info.run_name == run.name
    assert read.info.status == "FINISHED"
    assert read.data.params == run.settings
    for name, value in run.figures.items():
        assert read.data.metrics[name] == pytest.approx(value)
    for name, curve in points(run).items():
        history = sorted(client.get_metric_history(read.info.run_id, name), key=lambda m: m.step)
        assert [(m.step, m.value) for m in history] == [(s, pytest.approx(v)) for s, v in curve]
    files = {f.path for f in client.list_artifacts(read.info.run_id)}
    assert files == {"report.html", "facts.json"}


def test_wandb_reads_it_back_offline(place, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing must be sent
    folder, run = place
    for _ in range(2):
        result = write(folder, "wandb")
    (made,) = (folder / "out").iterdir()
    assert result.next_command.endswith(str(made))
    history, summary, config, who = [], {}, {}, None
    for record in wandb_records(next(made.glob("*.wandb"))):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            who = record.run
            config |= {u.key: json.loads(u.value_json) for u in record.run.config.update}
        if kind == "history":
            history.append({_key(i): json.loads(i.value_json) for i in record.history.item})
        if kind == "summary":
            summary |= {_key(u): json.loads(u.value_json) for u in record.summary.update}
    assert (who.run_id, who.display_name, who.host) == (run.id, run.name, "")
    assert {k: v for k, v in config.items() if k != "_wandb"} == run.settings
    for name, value in run.figures.items():
        assert summary[name] == pytest.approx(value)
    for name, curve in points(run).items():
        group = name.rpartition("/")[0]
        found = [(h[f"{group}/step"], h[name]) for h in history if name in h]
        assert found == [(step, pytest.approx(value)) for step, value in curve]


def _key(item) -> str:
    return item.key or ".".join(item.nested_key)


def wandb_records(path: Path):
    """Read a ``.wandb`` file: LevelDB's log format, each record a protobuf message.

    Blocks of 32 KiB; a header of checksum (4 bytes), length (2) and type (1): a whole record, or
    its first, middle or last part. The file begins with seven bytes of its own.
    """
    from wandb.proto import wandb_internal_pb2

    content, at, parts = path.read_bytes(), 7, b""
    assert content[:4] == b":W&B"
    while at < len(content):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", content[at : at + 7])
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            yield record
            parts = b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "mlfow"], "mlflow"),
        (["--to", ""], "tensorboard"),
        (["nothing", "--to", "tensorboard"], "a finished run"),
        (["--to", "tensorboard", "--out", "file/out"], "file/out"),
        (["--workspace", "elsewhere", "--to", "tensorboard"], "undercut run FILE"),
    ],
)
def test_bad_input_is_one_clear_error(place, monkeypatch, capsys, arguments, said):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    monkeypatch.chdir(place[0])
    Path("file").write_text("")
    with pytest.raises(SystemExit) as e:
        main(["export", *(["--workspace", "w"] if "--workspace" not in arguments else []),
              *arguments])  # fmt: skip
    assert e.value.code == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("to", EXPORTERS)
def test_without_the_package_the_command_to_install_it_is_said(place, monkeypatch, to):
    import importlib.util

    from undercut.core.errors import MissingExtra

    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None)
    with pytest.raises(MissingExtra, match=rf"undercut\[{to}\]"):
        write(place[0], to)
