"""The model card holds the manifest's facts, and nothing that the manifest does not say."""

from __future__ import annotations

import json
import re

import pytest

from undercut.core.types import (
    BaseModelRef,
    Child,
    GateResult,
    Manifest,
    Measurement,
    Metric,
)
from undercut.store.card import LICENCES, model_card

BARE = Manifest(
    name="linear", task="text-classification", architecture="linear", format="csr",
    labels=("no", "yes"),
)  # fmt: skip
FULL = BARE.model_copy(
    update={
        "name": "probe int8", "architecture": "encoder", "format": "onnx", "method": "probe",
        "compression": "quantise", "labels": ("财经", "a|b", "c`d", "__e__"),
        "base": BaseModelRef(name="minilm", sha256="ab" * 32, licence="Apache-2.0"),
        "dataset": "cd" * 32, "run": "r-17", "parent": "ef" * 32,
        "children": (Child(name="linear", folder="parts/linear", hash="12" * 32),),
        "metrics": {
            "accuracy": Metric(value=0.9312, low=0.9216, high=0.9399, n=3080, method="wilson"),
            "macro_f1": Metric(value=0.00001, n=3080),
        },
        "measured": Measurement(
            texts_per_second=1690.4, p50_ms=1.12, p95_ms=2.34, size_bytes=42_300_000,
            peak_memory_bytes=161_000_000, threads=2, processor="AMD EPYC", backend="onnxruntime",
            texts=1000,
        ),
        "gate": GateResult(
            verdict="passed", reason="the drop is within 1.0 points", reference="99" * 32,
            max_drop=0.01, drop=0.0013, drop_upper=0.0042, agreement_labelled=0.992, rows=1503,
        ),
        "files": {"model.onnx": "34" * 32}, "created_at": "2026-11-21T10:15:02+00:00",
        "undercut": "0.1.0",
    }
)  # fmt: skip


def front_matter(card: str) -> list[str]:
    match = re.match(r"---\n(.*?)---\n", card, re.S)
    assert match
    return match[1].splitlines()


@pytest.mark.parametrize(
    "fact",
    [
        "# probe int8", "4 labels", "undercut 0.1.0 on 2026-11-21", "`财经`", "`a|b`", "`` c`d ``",
        "`__e__`", "| base model | minilm |", "| licence of the base model | Apache-2.0 |",
        "ab" * 32, "cd" * 32, "`r-17`", "ef" * 32, "`parts/linear`, `" + "12" * 32,
        "| Accuracy | 93.1 % | 92.2 % to 94.0 % (wilson) | 3\u2009080 |", "not known",
        "1\u2009000 texts on AMD EPYC, 2 threads, backend onnxruntime",
        "| texts a second | 1\u2009690 |", "1.12 ms", "2.34 ms", "42.3 MB", "161.0 MB",
        "**passed**: the drop is within 1.0 points", "0.13 points", "0.42 points", "99.2 %",
        "99" * 32, "`model.onnx` | `" + "34" * 32, "undercut predict .", "undercut serve .",
    ],
)  # fmt: skip
def test_every_fact_is_on_the_card(fact: str) -> None:
    assert fact in model_card(FULL)
    if fact not in ("undercut predict .", "undercut serve .", "not known"):
        assert fact not in model_card(BARE)


def test_what_is_not_known_is_not_made_up() -> None:
    card = model_card(BARE)
    assert "No accuracy is recorded" in card
    assert "Speed and size have not been measured." in card
    assert "none; fitted on the data alone" in card
    assert "gate" not in card.lower()
    head = "\n".join(front_matter(card))
    assert "license" not in head and "model-index" not in head and "base_model" not in head


def test_a_variant_without_a_verdict_says_so() -> None:
    card = model_card(FULL.model_copy(update={"gate": None}))
    assert "No gate has judged this variant against its reference." in card


def test_front_matter_is_what_the_hub_reads() -> None:
    head = front_matter(model_card(FULL))
    assert 'library_name: "undercut"' in head
    assert 'pipeline_tag: "text-classification"' in head
    assert 'license: "apache-2.0"' in head and "apache-2.0" in LICENCES
    assert 'base_model: "minilm"' in head
    assert "            value: 0.9312" in head
    assert "            value: 0.00001" in head, "YAML 1.1 reads 1e-05 as a string"
    assert head[-1].startswith("  ") and "---" not in head


def test_a_licence_of_another_name_is_other() -> None:
    base = FULL.base.model_copy(update={"licence": "Home-made 1.0"})
    head = front_matter(model_card(FULL.model_copy(update={"base": base})))
    assert 'license: "other"' in head and 'license_name: "Home-made 1.0"' in head


def test_names_cannot_leave_their_place() -> None:
    evil = 'x"\n---\n# y\u2028\x1b[31m | <script>alert(1)</script> ![i](http://e/x)'
    card = model_card(FULL.model_copy(update={"name": evil, "run": evil, "labels": (evil, "b")}))
    lines = card.splitlines()
    assert lines.count("---") == 2, "front matter opens and closes once"
    assert "\x1b" not in card and "\u2028" not in card
    for line in front_matter(card):
        if line.strip().startswith("- name: "):
            # JSON's escapes aside from \U are YAML's: read it back.
            scalar = re.sub(r"\\U0000(....)", r"\\u\1", line.split(": ", 1)[1])
            assert json.loads(scalar) in (evil, "Accuracy", "Macro-F1")
    outside_code = re.sub(r"(`+).*?\1", "", "\n".join(lines[lines.index("---", 1) :]))
    assert "<script" not in outside_code.replace("\\<", "")
    assert "![i]" not in outside_code.replace("\\[", "")


def test_many_labels_are_cut_with_a_count() -> None:
    labels = tuple(f"label-{i}" for i in range(250))
    card = model_card(BARE.model_copy(update={"labels": labels}))
    assert "`label-199`, and 50 more in `manifest.json`" in card
    assert "`label-200`" not in card


def test_transformers_code_is_shown_for_torch_encoders_only_and_follows_the_config() -> None:
    assert "AutoModel" not in model_card(FULL)
    config = {"pooling": "cls", "normalise": False, "scale": 20.0, "temperature": 1.25}
    torch = FULL.model_copy(update={"format": "torch", "config": config})
    card = model_card(torch)
    (code,) = re.findall(r"```python\n(from safetensors.*?)```", card, re.S)
    compile(code, "card", "exec")
    assert "e = x[:, 0]" in code and "norm" not in code
    assert "20.0 * e @" in code and "logits / 1.25" in code
    mean = model_card(torch.model_copy(update={"config": {"max_tokens": 64}}))
    assert "keep.sum(1)" in mean and "e.norm" in mean and "max_length=64" in mean


def test_same_manifest_same_text() -> None:
    assert model_card(FULL) == model_card(Manifest.model_validate(FULL.model_dump()))
