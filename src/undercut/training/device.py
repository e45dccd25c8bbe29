"""Which device a fit runs on, and with which settings: measured once a machine, then remembered.

Number format, attention and float32 products are timed on a layer of usual shape, forward and
backward. What is usual on the device stays unless something else is clearly faster; what was found
is kept in the cache folder, so that a run that goes on computes as it began.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache as remembered
from pathlib import Path
from typing import Any

import torch

from undercut.core.contracts import Progress, silent
from undercut.core.errors import fail
from undercut.core.processor import processor
from undercut.models.encoder.module import Layer
from undercut.store.files import content_hash, write_json
from undercut.training.compute import Compute
from undercut.training.precision import fast_dtype

GAIN = 1.15
"""How many times faster than the usual settings others must be to be chosen."""
HOPELESS = 2.0
"""How many times slower than the best others are not timed again."""
SECONDS = 1.0
"""Time for measuring, after two rounds at least."""
SHAPES = ((32, 16), (4, 128))
"""Texts and tokens of the batches that are timed: what a lane gets of 1,024 tokens."""
USUAL = {"hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 12}


def present() -> dict[str, bool]:
    """Return which devices are there."""
    return {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }


def pick(device: str, there: dict[str, bool]) -> str:
    """Return the device to use.

    Args:
        device: ``auto`` for the first there is of CUDA, Apple's, and the processor; or its name.
        there: which there are.

    Raises:
        UndercutError: it is not there.
    """
    if device == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there.get(device, False):
        known = ", ".join(name for name, is_there in there.items() if is_there)
        raise fail(
            "device-absent",
            expected=f"a device torch can use here: {known}",
            found=device,
            where="device",
            fix="Use --device auto, or install a torch build for it.",
        )
    return device


def usual(device: str) -> Compute:
    """Return the settings that are used unless others prove faster."""
    if device == "cuda":
        good = torch.cuda.is_bf16_supported(including_emulation=False)
        dtype = torch.bfloat16 if good else torch.float16
        return Compute(device, dtype, "high", fused=True)
    if device == "mps":
        return Compute(device, torch.float32, "highest", fused=True)
    return Compute(device, fast_dtype(), "medium", fused=False)


def candidates(device: str) -> list[Compute]:
    """Return the settings that are compared, the usual ones first."""
    first = usual(device)
    low = {"cpu": fast_dtype(), "cuda": first.dtype, "mps": torch.float16}[device]
    found = [first]
    for fused in (False, True):
        both = replace(first, fused=fused)
        found += [replace(both, dtype=torch.float32, matmul=m) for m in ("highest", "medium")]
        found.append(replace(both, dtype=low))
    return list(dict.fromkeys(found))


def settings(device: str, cache: Path, tick: Callable[[Progress], None] = silent) -> Compute:
    """Return what to compute with; measured if no record of this machine is in the cache.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        cache: folder where the record lies.
        tick: progress callback.

    Raises:
        UndercutError: the device is not there.
    """
    device = pick(device, present())
    path = record_path(cache, device)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return of_facts(record["chosen"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    tick(Progress("measure", 0, 1, "attention, products and number format on this machine"))
    record = measured(device)
    write_json(path, record)
    return of_facts(record["chosen"])


def record_path(cache: Path, device: str) -> Path:
    """Return where the record of this machine and device lies."""
    machine = [processor(), torch.__version__, device]
    if device == "cuda":
        machine.append(torch.cuda.get_device_name())
    return Path(cache) / f"compute-{content_hash(machine)[:16]}.json"


def of_facts(facts: dict[str, str]) -> Compute:
    """Return the settings that :meth:`Compute.facts` told of."""
    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    return Compute(
        facts["device"], dtype[facts["dtype"]], facts["matmul"], facts["attention"] == "sdpa"
    )


@remembered
def measured(device: str) -> dict[str, Any]:
    """Return the record of this machine: times of each candidate, and which was chosen."""
    options = candidates(device)
    best: dict[Compute, float] = {}
    begin = time.monotonic()
    rounds = 0
    while rounds < 2 or time.monotonic() - begin < SECONDS:  # the first round warms up
        for one in options:
            if rounds > 1 and best[one] > HOPELESS * min(best.values()):
                continue
            seconds = _seconds(one)
            best[one] = min(best.get(one, seconds), seconds) if rounds > 1 else seconds
        rounds += 1
    return {
        "processor": processor(),
        "torch": str(torch.__version__),
        "chosen": choose(best).facts(),
        "rounds": rounds,
        "milliseconds": [one.facts() | {"ms": 1000 * best[one]} for one in options],
    }


def choose(seconds: dict[Compute, float]) -> Compute:
    """Return the fastest settings if they gain enough over the first, else the first."""
    first = next(iter(seconds))
    fastest = min(seconds, key=lambda one: seconds[one])
    return fastest if seconds[fastest] * GAIN < seconds[first] else first


def _seconds(compute: Compute) -> float:
    """Return the time of a layer's forward and backward pass on every shape, on one core."""
    before = torch.get_num_threads()
    if compute.device == "cpu":
        torch.set_num_threads(1)  # as a lane has it
    try:
        with torch.random.fork_rng(devices=[]):
            layer = Layer(USUAL).to(compute.device, compute.dtype)
        total = 0.0
        with compute.products():
            for rows, length in SHAPES:
                x = torch.ones(rows, length, USUAL["hidden_size"])
                x = x.to(compute.device, compute.dtype)
                bias = torch.zeros(rows, 1, 1, length, device=compute.device, dtype=compute.dtype)
                begin = time.perf_counter()
                y = layer(x, bias, None, compute.fused)
                grads = torch.autograd.grad(y.float().sum(), list(layer.parameters()))
                float(grads[0].flatten()[0])  # wait for the device
                total += time.perf_counter() - begin
        return total
    finally:
        torch.set_num_threads(before)
