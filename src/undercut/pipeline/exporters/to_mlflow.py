"""A run in an MLflow store of its own: one SQLite file, and the report beside it."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # nothing is sent

from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from undercut.pipeline.exporters.tracked import Tracked

EXPERIMENT = "undercut"
RUN_TAG = "undercut.run"
LONGEST_PARAM = 6000
BATCH = 500


def write(run: Tracked, out: Path) -> str:
    """Write a run into ``out/mlflow.db``, in the place of the same run written before."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    store = f"sqlite:///{(out / 'mlflow.db').resolve()}"
    client = MlflowClient(tracking_uri=store)
    known = client.get_experiment_by_name(EXPERIMENT)
    place = (out / "artifacts").resolve().as_uri()
    experiment = (
        known.experiment_id
        if known
        else client.create_experiment(EXPERIMENT, artifact_location=place)
    )
    old = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{run.id}'")
    at = int(1000 * run.at)
    made = client.create_run(experiment, start_time=at, run_name=run.name, tags={RUN_TAG: run.id})
    id_ = made.info.run_id
    params = [Param(_name(k), v[:LONGEST_PARAM]) for k, v in run.settings.items()]
    metrics = [Metric(_name(k), v, at, 0) for k, v in run.figures.items()]
    for group, curve in run.curves.items():
        for step, values in curve:
            metrics += [Metric(_name(f"{group}/{k}"), v, at, step) for k, v in values.items()]
    client.log_batch(id_, params=params, tags=[RunTag("undercut.name", run.name)])
    for start in range(0, len(metrics), BATCH):
        client.log_batch(id_, metrics=metrics[start : start + BATCH])
    for path in run.files:
        client.log_artifact(id_, str(path))
    client.set_terminated(id_, "FINISHED", end_time=at)
    for other in old:
        client.delete_run(other.info.run_id)
    return f"mlflow ui --backend-store-uri {store}"


def _name(text: str) -> str:
    """Return a name that MLflow takes: letters of any script, digits, and ``_-. :/``."""
    return re.sub(r"[^/\w.\- :]", "_", text)
