"""torch: exact float32, and bfloat16 where the manifest asks for it, beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.fitted import fitted
from conformance.samples import rows_of
from undercut.backends.torch.session import load
from undercut.core import plugins
from undercut.store import artefacts

TEXTS = "text-classification"


@pytest.mark.parametrize(
    ("task", "method"), [(TEXTS, "probe"), (TEXTS, "lora"), ("token-classification", "full")]
)
def test_bfloat16_answers_alike_and_changes_nothing_beside_it(task, method):
    folder = fitted(task, method)[0]
    manifest = artefacts.read_manifest(folder)
    info = plugins.get("model", manifest.architecture)
    frontend = plugins.attr(info.frontend)(folder, manifest)
    prepared = frontend.prepare(rows_of(task, 24, 1).inputs)
    batch = frontend.collate(prepared, range(len(prepared.sizes)))
    exact = load(folder, manifest, 1)
    before = exact.run(batch)
    asked = manifest.model_copy(update={"config": manifest.config | {"precision": "bfloat16"}})
    rough = load(folder, asked, 1).run(batch)
    assert rough.dtype == before.dtype == np.float32
    gap = np.abs(rough - before).max()
    assert 0 < gap < 0.1 * np.abs(before).max()
    np.testing.assert_array_equal(exact.run(batch), before)
    np.testing.assert_array_equal(load(folder, manifest, 1).run(batch), before)
