"""The network: features of words count, ONNX gives the same, a batch changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from conformance.samples import ODD_TEXTS, rows_of
from conformance.tiny_base import tiny_base
from undercut.core.types import Manifest
from undercut.models.encoder.base import resolve
from undercut.models.tagger.export import export_onnx
from undercut.models.tagger.module import Tagger, load_module
from undercut.models.tagger.training import open_network
from undercut.tasks.token_classification.words import words_of

ROWS = rows_of("token-classification", 30, 0)
INPUTS = [*ROWS.inputs, *ODD_TEXTS]
BASE = resolve(str(tiny_base(tuple(words_of(x).text for x in ROWS.inputs))))
SEEN = np.array([0, 1, 3])


def made(tmp_path, linear: bool) -> tuple[Tagger, Manifest]:
    """Save a head with random weights for three of four tags, and open it again."""
    network, random = open_network(BASE, 32), torch.Generator().manual_seed(0)
    head = network.head(lambda: torch.empty(0), torch.zeros(1), 3, 0)
    if linear:
        head = network.linear(torch.zeros(3, 32), torch.zeros(3))
    with torch.no_grad():
        for name in ("weight", "bias", "out"):
            p = head.get_parameter(name)
            p.copy_(torch.randn(p.shape, generator=random) * 0.3)
    config, parameters = network.save(tmp_path, head, SEEN, 4, {})
    assert parameters == sum(p.numel() for p in head.parameters()) + 32 + 1 + head.out.shape[1]
    manifest = Manifest(
        name="t",
        task="token-classification",
        architecture="tagger",
        format="torch",
        labels=("O", "B-A", "I-A", "B-B"),
        config=config,
    )
    return load_module(tmp_path, manifest), manifest


def logits(module, prepared, index) -> np.ndarray:
    arrays = open_network(BASE, 32).frontend.collate(prepared, index)
    with torch.no_grad():
        return module(**{n: torch.from_numpy(a) for n, a in arrays.items()}).numpy()


@pytest.mark.parametrize("linear", [False, True])
def test_onnx_gives_the_same_logits_and_an_unseen_tag_never_wins(linear, tmp_path):
    import onnxruntime as ort

    module, manifest = made(tmp_path, linear)
    (tmp_path / "onnx").mkdir()
    export_onnx(tmp_path, manifest, tmp_path / "onnx")
    session = ort.InferenceSession(str(tmp_path / "onnx" / "model.onnx"))
    frontend = open_network(BASE, 32).frontend
    prepared = frontend.prepare(INPUTS)
    for index in np.array_split(np.arange(len(prepared.sizes)), 5):
        want = logits(module, prepared, index)
        got = session.run(None, dict(frontend.collate(prepared, index)))[0]
        np.testing.assert_allclose(got, want, atol=1e-4)
        assert not (want.argmax(1) == 2).any()


def test_company_and_padding_change_nothing(tmp_path):
    module, _ = made(tmp_path, linear=False)
    prepared = open_network(BASE, 32).frontend.prepare(INPUTS)
    together = logits(module, prepared, np.arange(len(prepared.sizes)))
    alone = [logits(module, prepared, np.array([i])) for i in range(len(prepared.sizes))]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_case_is_seen_although_the_tokenizer_folds_it(tmp_path):
    module, _ = made(tmp_path, linear=False)
    prepared = open_network(BASE, 32).frontend.prepare([["Paris"], ["paris"]])
    assert prepared.items[0].ids.tolist() == prepared.items[1].ids.tolist()
    one, two = (logits(module, prepared, np.array([i])) for i in range(2))
    assert np.abs(one - two).max() > 0.05


def test_a_head_starts_without_an_opinion(tmp_path):
    network = open_network(BASE, 32)
    head = network.head(lambda: torch.empty(0), torch.zeros(1), 3, 0)
    prepared = network.frontend.prepare(ROWS.inputs)
    collated = network.frontend.collate(prepared, np.arange(len(prepared.sizes)))
    arrays = {n: torch.from_numpy(a) for n, a in collated.items()}
    assert not head(torch.randn(len(arrays["firsts"]), 32), arrays).any()
    assert set(head.pace) == {n for n, _ in head.named_parameters()}
