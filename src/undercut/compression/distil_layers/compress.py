"""A student that starts as some layers of its source and learns its teacher's answers.

Starting from every second layer of the teacher: Sanh et al. 2019, DistilBERT, section 3.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from undercut.compression.cutting import Cut, cut_model
from undercut.compression.distil_layers.options import LayersOptions
from undercut.compression.recovery import lessons, recover
from undercut.core.errors import fail
from undercut.core.shrinking import ShrinkJob, Shrunk


def compress(job: ShrinkJob) -> Shrunk:
    """Write a student with fewer layers.

    Raises:
        UndercutError: there are no rows to learn from, or layers are named that are not there.
    """
    options: LayersOptions = job.options
    config = json.loads((job.source / "config.json").read_text(encoding="utf-8"))
    whole = int(config["num_hidden_layers"])
    layers = sorted(set(options.layers)) or spread(whole, max(round(options.share * whole), 1))
    if layers[0] < 0 or layers[-1] >= whole:
        raise fail(
            "layers-missing",
            expected=f"layers from 0 to {whole - 1}",
            found=", ".join(map(str, options.layers)),
            where=str(job.source),
        )
    taught = lessons(job, options.trust, options.made_up)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "cut"
        cut_model(job.source, folder, Cut(layers=layers))
        made = recover(job, folder, options.epochs, options.rate, taught)
    return Shrunk("torch", {**made, "layers": list(layers)})


def spread(whole: int, count: int) -> Sequence[int]:
    """Return ``count`` of ``whole`` layers at even distances, the first and the last among them.

    One layer is the first: it reads the word vectors as it did before.
    """
    if count == 1:
        return [0]
    return [round(i * (whole - 1) / (count - 1)) for i in range(count)]
