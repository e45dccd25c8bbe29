"""No variant is promoted unless the gate passed it, however cheap it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from undercut.core.types import GateResult, Manifest
from undercut.pipeline.variants import Built, servable


def built(name: str, verdict: str | None) -> Built:
    gate = None
    if verdict:
        gate = GateResult(verdict=verdict, reason="for the test", reference="r", max_drop=0.01)
    manifest = Manifest(
        name=name,
        task="text-classification",
        architecture="encoder",
        format="onnx",
        labels=("a", "b"),
        gate=gate,
    )
    return Built(name, Path(name), manifest, Path(f"{name}.npy"))


@pytest.mark.parametrize(
    ("verdict", "kept"), [(None, True), ("passed", True), ("refused", False), ("needs-rows", False)]
)
def test_only_the_reference_and_what_passed_may_serve(verdict, kept):
    one = built("int8", verdict)
    assert (one in servable([one])) == kept
