"""Text to ids: cut texts are flagged, padding is masked, odd text does no harm."""

from __future__ import annotations

import json

import numpy as np
import pytest

from conformance.samples import ODD_TEXTS, rows_of
from conformance.tiny_base import tiny_base
from undercut.core.errors import UndercutError
from undercut.models.encoder.frontend import TextFrontend

TEXTS = tuple(rows_of("text-classification", 60, 0).inputs)


@pytest.fixture
def frontend():
    return TextFrontend(tiny_base(TEXTS) / "tokenizer.json", 16, temperature=2.0, pad_id=0)


def test_cut_texts_are_flagged_and_only_those(frontend):
    prepared = frontend.prepare(["money", "money " * 14, "money " * 15, "money " * 400])
    assert prepared.sizes == [3, 16, 16, 16]
    assert prepared.truncated == [False, False, True, True]


def test_batches_are_padded_right_in_the_order_asked_for(frontend):
    prepared = frontend.prepare(["money back", "money"])
    arrays = frontend.collate(prepared, [1, 0])
    assert arrays["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert arrays["input_ids"][0, :3].tolist() == prepared.items[1]
    assert arrays["input_ids"].dtype == arrays["attention_mask"].dtype == np.int64


def test_odd_text_always_has_a_token(frontend):
    prepared = frontend.prepare(ODD_TEXTS)
    assert min(prepared.sizes) >= 1
    assert max(prepared.sizes) <= 16


def test_a_tokenizer_without_special_tokens_reads_an_empty_text(tmp_path):
    plain = json.loads((tiny_base(TEXTS) / "tokenizer.json").read_text(encoding="utf-8"))
    plain["post_processor"] = None
    (tmp_path / "tokenizer.json").write_text(json.dumps(plain), encoding="utf-8")
    prepared = TextFrontend(tmp_path / "tokenizer.json", 16).prepare(["", "money"])
    assert prepared.sizes == [1, 1]


def test_logits_become_calibrated_log_probabilities(frontend):
    scores = frontend.finish(
        np.array([[2.0, 0.0], [-1e4, 1e4]], np.float32), frontend.prepare(["a", "b"]), [0, 1]
    )
    assert scores.dtype == np.float32
    np.testing.assert_allclose(np.exp(scores[0]), [0.7310586, 0.2689414], rtol=1e-5)
    assert np.isfinite(scores).all()


def test_something_else_than_text_is_refused_with_its_place(frontend):
    with pytest.raises(UndercutError, match="input 1"):
        frontend.prepare(["money", 7])


def test_a_broken_tokenizer_file_is_one_error(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UndercutError, match=r"tokenizer\.json"):
        TextFrontend(tmp_path / "tokenizer.json")
