"""Make a plain transformers classification folder from one of our encoder artefacts.

Same tokenizer, layers, width and fine-tuned weights; the head is transformers' own (pooler and
linear layer), which works on one token a text and does not change the time that counts.
"""

from __future__ import annotations

from typing import Any

from benchmarks.part import serve


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Write the folder ``out`` and return the layers and mean tokens a text of ``texts``."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    names = dict(enumerate(request["classes"]))
    model = AutoModelForSequenceClassification.from_pretrained(
        request["folder"], id2label=names, label2id={v: k for k, v in names.items()}
    )
    tokenizer = AutoTokenizer.from_pretrained(request["folder"])
    model.save_pretrained(request["out"])
    tokenizer.save_pretrained(request["out"])
    lengths = [len(i) for i in tokenizer(request["texts"])["input_ids"]]
    return {"layers": model.config.num_hidden_layers, "mean_tokens": sum(lengths) / len(lengths)}


if __name__ == "__main__":
    serve(run)
