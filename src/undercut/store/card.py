"""The model card, ``README.md`` of an artefact: Hugging Face's form, facts of the manifest only.

Form: https://huggingface.co/docs/hub/model-cards (YAML front matter, then Markdown).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from undercut.core.types import GateResult, Manifest, Measurement, Metric
from undercut.store.card_text import cell, code, number, size, yaml

SHOWN_LABELS = 200
LICENCES = {
    "afl-3.0", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "lgpl-3.0", "mit", "mpl-2.0",
    "openrail", "unlicense",
}  # fmt: skip
"""Licences that the front matter may name directly; any other is ``other`` with its name."""
TITLES = {"accuracy": "Accuracy", "entity_F1": "Entity F1, strict", "macro_f1": "Macro-F1"}
METRIC_TYPES = {"accuracy": "accuracy", "entity_F1": "f1", "macro_f1": "f1"}
LOAD = """\
The encoder alone also opens in `transformers`; the classification head lies beside it:

```python
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

body = AutoModel.from_pretrained(".")
tokenizer = AutoTokenizer.from_pretrained(".")
head = load_file("head.safetensors")  # weight (K, D), bias (K,)
batch = tokenizer(["some text"], truncation=True, max_length={max_tokens}, return_tensors="pt")
x = body(**batch).last_hidden_state  # (B, T, D)
{pool}
{normalise}logits = {scale} * e @ head["weight"].T + head["bias"]
probabilities = (logits / {temperature}).softmax(-1)  # in the order of `labels` above
```"""
MEAN = 'keep = batch["attention_mask"].unsqueeze(-1).float()\ne = (x * keep).sum(1) / keep.sum(1)'
CLS = "e = x[:, 0]"
NORMALISE = "e = e / e.norm(dim=-1, keepdim=True)\n"


def model_card(manifest: Manifest) -> str:
    """Return ``README.md`` of an artefact.

    Every statement is a fact of the manifest; what the manifest does not hold is left out or
    said to be unknown. Same manifest, same text.
    """
    made = f"undercut {manifest.undercut}" if manifest.undercut else "undercut"
    when = f" on {manifest.created_at[:10]}" if manifest.created_at else ""
    parts = [
        f"---\n{_front_matter(manifest)}---\n",
        f"# {cell(manifest.name)}\n",
        f"A model for {cell(manifest.task)} with {len(manifest.labels)} labels, "
        f"made by {made}{when}.\n",
        _section("Accuracy", _metrics(manifest.metrics)),
        _section("How to use", _use(manifest)),
        _section("Labels", _labels(manifest.labels)),
        _section("Origin", _origin(manifest)),
        _section("Measured", _measured(manifest.measured)),
        _section("Compression gate", _gate(manifest)),
        _section("Files", _files(manifest)),
    ]
    return "\n".join(p for p in parts if p)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}\n" if body else ""


def _front_matter(m: Manifest) -> str:
    head: dict[str, Any] = {"library_name": "undercut", "pipeline_tag": m.task}
    licence = m.base.licence if m.base else ""
    if licence:
        known = licence.lower() in LICENCES
        head["license"] = licence.lower() if known else "other"
        if not known:
            head["license_name"] = licence
    if m.base:
        head["base_model"] = m.base.name
    head["tags"] = [t for t in ("undercut", m.architecture, m.format, m.compression) if t]
    figures = [
        {"type": METRIC_TYPES.get(k, k), "name": TITLES.get(k, k), "value": v.value}
        for k, v in m.metrics.items()
    ]
    if figures:
        data = {"type": "private", "name": f"sha256:{m.dataset[:12]}" if m.dataset else "unknown"}
        result = {"task": {"type": m.task}, "dataset": data, "metrics": figures}
        head["model-index"] = [{"name": m.name, "results": [result]}]
    return yaml(head)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(r) for r in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _metrics(metrics: dict[str, Metric]) -> str:
    if not metrics:
        return "No accuracy is recorded for this artefact."
    rows = []
    for name, m in metrics.items():
        known = m.low is not None and m.high is not None
        interval = f"{100 * m.low:.1f} % to {100 * m.high:.1f} %" if known else "not known"  # type: ignore[operator]
        method = f" ({m.method})" if known and m.method else ""
        rows.append(
            [cell(TITLES.get(name, name)), f"{100 * m.value:.1f} %", interval + method, number(m.n)]
        )
    return _table(("metric", "value", "95 % interval", "rows"), rows)


def _use(m: Manifest) -> str:
    lines = [
        "In the folder of this file:\n",
        '```console\nundercut predict . "some text"\nundercut serve .\n```\n',
        '```python\nimport undercut\n\nmodel = undercut.load(".")\n'
        'model.predict(["some text"])[0].label\n```',
    ]
    if m.architecture == "encoder" and m.format == "torch":
        config = m.config
        load = LOAD.format(
            max_tokens=int(config.get("max_tokens", 128)),
            pool=CLS if config.get("pooling") == "cls" else MEAN,
            normalise=NORMALISE if config.get("normalise", True) else "",
            scale=float(config.get("scale", 1.0)),
            temperature=float(config.get("temperature", 1.0)),
        )
        lines.append("\n" + load)
    return "\n".join(lines)


def _labels(labels: tuple[str, ...]) -> str:
    shown = ", ".join(code(label, table=False) for label in labels[:SHOWN_LABELS])
    rest = len(labels) - SHOWN_LABELS
    more = f", and {rest} more in `manifest.json`" if rest > 0 else ""
    return f"In the order of the model's outputs: {shown}{more}."


def _origin(m: Manifest) -> str:
    rows = [["architecture", cell(m.architecture)], ["format", cell(m.format)]]
    if m.method:
        rows.append(["method", cell(m.method)])
    if m.compression:
        rows.append(["compression", cell(m.compression)])
    if m.base:
        rows += [
            ["base model", cell(m.base.name)],
            ["licence of the base model", cell(m.base.licence) or "not stated"],
            ["SHA-256 of the base model's weights", code(m.base.sha256)],
        ]
    else:
        rows.append(["base model", "none; fitted on the data alone"])
    if m.data_licence:
        rows.append(["licence of the data", cell(m.data_licence)])
    for title, value in (
        ("SHA-256 of the data set", m.dataset),
        ("run", m.run),
        ("made from the artefact", m.parent),
    ):
        if value:
            rows.append([title, code(value)])
    for child in m.children:
        rows.append([f"part {cell(child.name)}", f"{code(child.folder)}, {code(child.hash)}"])
    return _table(("fact", "value"), rows)


def _measured(m: Measurement | None) -> str:
    if m is None:
        return "Speed and size have not been measured."
    threads = f"{m.threads} thread" + ("s" if m.threads != 1 else "")
    rows = [
        ["texts a second", number(m.texts_per_second)],
        ["median latency, one text", f"{m.p50_ms:.2f} ms"],
        ["95th percentile latency, one text", f"{m.p95_ms:.2f} ms"],
        ["files needed to predict", size(m.size_bytes)],
        ["peak memory", size(m.peak_memory_bytes)],
    ]
    where = f"{number(m.texts)} texts on {cell(m.processor)}, {threads}, backend {cell(m.backend)}."
    return f"{where}\n\n" + _table(("quantity", "value"), rows)


def _gate(manifest: Manifest) -> str:
    g: GateResult | None = manifest.gate
    if g is None:
        if manifest.compression or manifest.parent:
            return "No gate has judged this variant against its reference."
        return ""
    rows = [["largest accuracy drop allowed", f"{100 * g.max_drop:.1f} points"]]
    for title, share in (
        ("accuracy drop on held-out rows", g.drop),
        ("upper bound of the drop, one-sided 95 %", g.drop_upper),
    ):
        if share is not None:
            rows.append([title, f"{100 * share:.2f} points"])
    for title, share in (
        ("same answers, labelled rows", g.agreement_labelled),
        ("same answers, unlabelled rows", g.agreement_unlabelled),
    ):
        if share is not None:
            rows.append([title, f"{100 * share:.1f} %"])
    rows.append(["rows compared", number(g.rows)])
    if g.rows_needed is not None:
        rows.append(["rows that could prove it", number(g.rows_needed)])
    rows.append(["artefact compared with", code(g.reference)])
    return f"**{cell(g.verdict)}**: {cell(g.reason)}.\n\n" + _table(("figure", "value"), rows)


def _files(m: Manifest) -> str:
    if not m.files:
        return ""
    return _table(("file", "SHA-256"), ([code(k), code(v)] for k, v in m.files.items()))
