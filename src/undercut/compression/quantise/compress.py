"""int8 of an ONNX model with ONNX Runtime's quantiser, chosen for this processor."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from undercut.compression import calibration
from undercut.compression.quantise import saturation, sensitivity
from undercut.compression.quantise.files import quiet, write_dynamic, write_static
from undercut.compression.quantise.options import QuantiseOptions
from undercut.core.errors import fail
from undercut.core.processor import instructions
from undercut.core.shrinking import ShrinkJob, Shrunk

KEPT = (2, 4, 8)
"""How many of the most sensitive products stay in float at the first, second and third try."""


def compress(job: ShrinkJob) -> Shrunk:
    """Write an int8 variant of an ``onnx`` artefact.

    Raises:
        UndercutError: the artefact is not in format ``onnx``, is int8 already, or static scales
            are asked for without rows to measure them on.
    """
    check(job)
    options: QuantiseOptions = job.options
    reduce = saturation.saturates() if options.reduce_range is None else options.reduce_range
    quantise(job, job.out / "model.onnx", options, reduce)
    shutil.copyfile(job.source / "tokenizer.json", job.out / "tokenizer.json")
    scheme: dict[str, Any] = {
        "way": options.way,
        "per_channel": options.per_channel,
        "reduce_range": reduce,
        "instructions": list(instructions()),
    }
    if options.way == "static":
        scheme["calibration_rows"] = len(calibration.texts(job, options.calibration_rows))
    if options.keep:
        scheme["kept_in_float"] = list(options.keep)
    return Shrunk("onnx", {**job.manifest.config, "int8": scheme})


def quantise(job: ShrinkJob, target: Path, options: QuantiseOptions, reduce: bool) -> None:
    """Write the int8 graph of ``job.source`` to ``target``."""
    source = job.source / "model.onnx"
    with quiet():
        if options.way == "dynamic":
            write_dynamic(source, target, options, reduce)
        else:
            batches = calibration.batches(job, options.calibration_rows)
            write_static(source, target, options, reduce, batches)


def mend(job: ShrinkJob) -> QuantiseOptions | None:
    """Return options that keep more of the most sensitive products in float.

    Which these are is measured once: each product is quantised alone, and the answers are compared
    with the float model's on training rows (on made-up texts where there are none).
    """
    options: QuantiseOptions = job.options
    most = next((k for k in KEPT if k > len(options.keep)), None)
    if most is None:
        return None
    ranked = sensitivity.ranking(job, options, saturation.saturates())
    keep = tuple(name for name, _ in ranked[:most])
    if len(keep) <= len(options.keep):
        return None
    return options.model_copy(update={"keep": keep})


def check(job: ShrinkJob) -> None:
    """Raise unless the artefact can be quantised as asked."""
    if job.manifest.format != "onnx":
        raise fail(
            "quantise-format",
            expected="an artefact in format onnx",
            found=job.manifest.format,
            where=str(job.source),
            fix="Export it to onnx first.",
        )
    if job.manifest.config.get("int8"):
        raise fail(
            "quantise-twice",
            expected="an artefact with float weights",
            found="8-bit weights",
            where=str(job.source),
            fix="Quantise its parent instead.",
        )
    if job.options.way == "static" and not job.rows:
        raise fail(
            "quantise-rows",
            expected="training rows to measure scales on",
            found="none",
            where=str(job.source),
            fix="Name the training files with --train, or quantise dynamically.",
        )
