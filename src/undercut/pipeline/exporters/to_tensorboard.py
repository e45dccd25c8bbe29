"""A run as TensorBoard event files, through tensorboardX."""

from __future__ import annotations

import json
from pathlib import Path

from tensorboardX import SummaryWriter

from undercut.pipeline.exporters.tracked import Tracked
from undercut.store.files import whole_folder


def write(run: Tracked, out: Path) -> str:
    """Write ``out/NAME/events.*``: figures at step 0, curves along theirs, settings as text."""
    with whole_folder(out / run.name) as folder:
        writer = SummaryWriter(logdir=str(folder))
        for name, value in run.figures.items():
            writer.add_scalar(name, value, 0, walltime=run.at)
        for group, curve in run.curves.items():
            for step, values in curve:
                for name, value in values.items():
                    writer.add_scalar(f"{group}/{name}", value, step, walltime=run.at)
        for name, text in run.settings.items():
            writer.add_text(f"settings/{name}", text, 0, walltime=run.at)
        settings = json.dumps(run.settings, ensure_ascii=False, indent=1)
        writer.add_text("settings", f"```\n{settings}\n```", 0, walltime=run.at)
        writer.close()
    return f"tensorboard --logdir {out}"
