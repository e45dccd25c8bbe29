"""An ONNX artefact in OpenVINO's own format: int8 by nncf, or bfloat16."""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import nncf
import openvino as ov

from undercut.backends.openvino.session import has_bfloat16
from undercut.compression import calibration
from undercut.compression.quantise import sensitivity
from undercut.compression.quantise.compress import KEPT
from undercut.compression.quantise.files import HEADS
from undercut.compression.quantise.options import QuantiseOptions
from undercut.compression.quantise.saturation import saturates
from undercut.compression.quantise_openvino.options import OpenVinoOptions
from undercut.core.errors import fail
from undercut.core.processor import instructions
from undercut.core.shrinking import ShrinkJob, Shrunk


def compress(job: ShrinkJob) -> Shrunk:
    """Write ``model.xml`` and ``model.bin``.

    Activations have one scale each, weights one a column, symmetric about zero except where
    attention needs both ends (nncf's scheme for transformers). On a processor without VNNI nncf
    leaves a bit of head room in the weights by itself.

    Raises:
        UndercutError: the artefact is not a float ``onnx`` one, there are no rows to calibrate on,
            or the processor does not multiply bfloat16.
    """
    _check(job)
    options: OpenVinoOptions = job.options
    model = ov.Core().read_model(job.source / "model.onnx")
    facts: dict[str, Any] = {"instructions": list(instructions())}
    if options.precision == "int8":
        model = _quantised(job, model)
        rows = len(calibration.texts(job, options.calibration_rows))
        facts |= {"way": "static", "calibration_rows": rows, "kept_in_float": list(options.keep)}
        config = {**job.manifest.config, "int8": facts}
    elif options.precision == "int8-weights":
        with _quiet():
            model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
        config = {**job.manifest.config, "int8": facts | {"way": "weights"}}
    else:
        config = {**job.manifest.config, "precision": "bfloat16"}
    ov.save_model(model, job.out / "model.xml", compress_to_fp16=options.precision == "bfloat16")
    shutil.copyfile(job.source / "tokenizer.json", job.out / "tokenizer.json")
    return Shrunk("openvino", config)


def _quantised(job: ShrinkJob, model: ov.Model) -> ov.Model:
    options: OpenVinoOptions = job.options
    batches = calibration.batches(job, options.calibration_rows)
    names = {op.get_friendly_name() for op in model.get_ordered_ops()}
    kept = [n for n in (*HEADS, *options.keep) if n in names]
    with _quiet():
        return nncf.quantize(
            model,
            nncf.Dataset(batches, dict),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(batches),
            ignored_scope=nncf.IgnoredScope(names=kept),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence nncf, which logs advice and draws its progress on standard output."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


def mend(job: ShrinkJob) -> OpenVinoOptions | None:
    """Return options that keep more of the most sensitive products in float.

    Sensitivity is measured with ONNX Runtime's static quantiser, which rounds in the same way and
    takes a fifth of the time.
    """
    options: OpenVinoOptions = job.options
    most = next((k for k in KEPT if k > len(options.keep)), None)
    if most is None or options.precision != "int8":
        return None
    ranked = sensitivity.ranking(job, QuantiseOptions(way="static"), saturates())
    return options.model_copy(update={"keep": tuple(name for name, _ in ranked[:most])})


def _check(job: ShrinkJob) -> None:
    if job.manifest.format != "onnx" or job.manifest.config.get("int8"):
        found = "8-bit weights" if job.manifest.config.get("int8") else job.manifest.format
        raise fail(
            "quantise-format",
            expected="an artefact with float weights in format onnx",
            found=found,
            where=str(job.source),
            fix="Export it to onnx first.",
        )
    if job.options.precision == "bfloat16" and not has_bfloat16():
        raise fail(
            "quantise-bfloat16",
            expected="a processor that multiplies bfloat16",
            found=", ".join(instructions()) or "one without",
            where=str(job.source),
            fix="Take int8.",
        )
    if job.options.precision == "int8" and not job.rows:
        raise fail(
            "quantise-rows",
            expected="training rows to measure scales on",
            found="none",
            where=str(job.source),
            fix="Name the training files with --train, or quantise dynamically.",
        )
