"""The verb ``doctor``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from undercut.core.processor import processor
from undercut.core.specs_setup import DoctorSpec
from undercut.pipeline.doctor.machine import machine
from undercut.pipeline.doctor.packages import build, installed, known_bad, packages
from undercut.pipeline.doctor.record import Check, Diagnosis
from undercut.pipeline.report.fonts import INSTALL_COMMAND, KNOWN

FONT_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
HEAVY = {
    "train": ("torch", "transformers", "tokenizers", "onnx", "onnxruntime"),
    "onnx": ("onnxruntime", "tokenizers"),
    "openvino": ("openvino",),
    "fast": ("numba",),
    "serve": ("fastapi", "uvicorn", "httpx"),
    "postgres": ("psycopg",),
    "encrypt": ("cryptography",),
    "plots": ("matplotlib",),
}
"""What ``--deep`` imports, where it is installed."""
_IMPORT = """
import importlib, json, sys, time
for name in sys.argv[1:]:
    begin = time.perf_counter()
    try:
        module = importlib.import_module(name)
        said = ""
        if name == "torch":
            gpu = module.cuda.is_available(), module.backends.mps.is_available()
            said = f"{module.get_num_threads()} threads, GPU {gpu[0]}, MPS {gpu[1]}"
        print(json.dumps([name, "", said, time.perf_counter() - begin]), flush=True)
    except BaseException as e:
        print(json.dumps([name, f"{type(e).__name__}: {e}"[:300], "", 0]), flush=True)
"""


def doctor(spec: DoctorSpec, listener: object = None) -> Diagnosis:
    """Look at the machine and the installation; nothing is changed."""
    checks = [*machine(spec.workspace), _command(), *packages(), _graphics(), _fonts()]
    checks += _computing(spec.workspace / "cache")
    checks += known_bad()
    if spec.deep:
        checks += _imports()
    return Diagnosis(
        checks=checks,
        broken=sum(c.state == "broken" for c in checks),
        missing=sum(c.state == "missing" for c in checks),
    )


def _command() -> Check:
    """Say whether ``undercut`` on the path is the one of this Python."""
    found = shutil.which("undercut")
    here = f"{sys.executable} -m undercut"
    if found is None:
        said = "no `undercut` on PATH"
        return Check(topic="command", state="note", found=said, fix=f"Use: {here}")
    place = Path(found)
    try:
        first = place.open("rb").readline(500).decode("utf-8", "replace")
    except OSError:
        first = ""
    if place.parent == Path(sys.executable).parent or sys.executable in first:
        return Check(topic="command", state="ok", found=found)
    said = f"`undercut` on PATH belongs to another Python: {found}"
    return Check(topic="command", state="note", found=said, fix=f"Use: {here}")


def _graphics() -> Check:
    """Say what is known of a GPU without importing torch."""
    driver = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
    card = "an NVIDIA driver" if driver else "no NVIDIA driver"
    if sys.platform == "darwin":
        card = "Apple graphics"
    torch = installed("torch")
    kind = f"; torch {torch} is a {build(torch) or 'default'} build" if torch else "; no torch"
    return Check(
        topic="GPU",
        state="ok",
        found=f"{card}{kind}; encoders are fitted on it if torch can use it, answers come from "
        "the processor",
    )


def _computing(cache: Path) -> list[Check]:
    """Say what the one-off measurement of this machine chose for fitting encoders."""
    checks = []
    for path in sorted(cache.glob("compute-*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            chosen = record["chosen"]
            if record["processor"] != processor() or record["torch"] != installed("torch"):
                continue
            ms = next(
                m["ms"] for m in record["milliseconds"] if all(m[k] == chosen[k] for k in chosen)
            )
            slowest = max(m["ms"] for m in record["milliseconds"])
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue
        found = (
            f"{chosen['device']}: {chosen['dtype']}, {chosen['attention']} attention, products "
            f"{chosen['matmul']}; {ms:.0f} ms a layer measured, {slowest:.0f} ms with the slowest"
        )
        checks.append(Check(topic="training", state="ok", found=found))
    if not checks and installed("torch"):
        found = "not measured yet; the first fit of an encoder in this workspace does, in 2 s"
        checks.append(Check(topic="training", state="ok", found=found))
    return checks


def _fonts() -> Check:
    """Look for a font with Chinese letters, for charts as PNG."""
    for folder in FONT_FOLDERS:
        for root, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                if any(part in name.lower() for part in KNOWN):
                    return Check(topic="CJK font", state="ok", found=str(Path(root) / name))
    return Check(
        topic="CJK font",
        state="missing",
        found="for Chinese in PNG charts; the page itself needs none",
        fix=INSTALL_COMMAND,
    )


def _imports() -> list[Check]:
    """Import what is installed of the extras, in a process of its own."""
    names = dict.fromkeys(n for group in HEAVY.values() for n in group if installed(n))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, *names], capture_output=True, text=True, check=False
    )
    checks = []
    for line in done.stdout.splitlines():
        if not line.startswith("["):
            continue
        name, error, said, seconds = json.loads(line)
        extra = next(e for e, group in HEAVY.items() if name in group)
        if error:
            fix = f'pip install --force-reinstall "undercut[{extra}]"'
            checks.append(Check(topic=f"import {name}", state="broken", found=error, fix=fix))
        else:
            found = f"{seconds:.1f} s" + (f"; {said}" if said else "")
            checks.append(Check(topic=f"import {name}", state="ok", found=found))
        names.pop(name, None)
    for name in list(names)[:1]:  # the process died at this one
        found = f"the process ended with {done.returncode}"
        checks.append(Check(topic=f"import {name}", state="broken", found=found))
    return checks
