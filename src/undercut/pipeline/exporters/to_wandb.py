"""A run as Weights & Biases keeps it offline; ``wandb sync`` sends it, if anybody wants that."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import wandb

from undercut.pipeline.exporters.tracked import Tracked

PROJECT = "undercut"


def write(run: Tracked, out: Path) -> str:
    """Write ``out/offline-run-DATE-ID``, in the place of the same run written before."""
    with tempfile.TemporaryDirectory(dir=out, prefix=".wandb-") as place:
        settings = wandb.Settings(
            mode="offline",
            root_dir=place,
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            host="",
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
        )
        going = wandb.init(
            project=PROJECT, id=run.id, name=run.name, dir=place, config=run.settings,
            settings=settings,
        )  # fmt: skip
        for group in run.curves:
            going.define_metric(f"{group}/step")
            going.define_metric(f"{group}/*", step_metric=f"{group}/step")
        for group, curve in run.curves.items():
            for step, values in curve:
                named = {f"{group}/{k}": v for k, v in values.items()}
                going.log({f"{group}/step": step, **named})
        going.summary.update(run.figures)
        going.finish()
        (made,) = Path(place, "wandb").glob(f"offline-run-*-{run.id}")
        for old in out.glob(f"offline-run-*-{run.id}"):
            shutil.rmtree(old)
        shutil.move(made, out / made.name)
    return f"wandb sync {out / made.name}"
