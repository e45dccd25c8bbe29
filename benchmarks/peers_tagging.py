"""The tutorial recipe for named entities: sentences padded to 128, batch 16, float32, five epochs.

It is the loop of the usual token classification tutorials on the same base: the first token of a
word has its tag, all others are ignored. A sample of steps is timed; imports, tokenising and
evaluation are free.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import tagged
from benchmarks.clock import StepClock
from benchmarks.part import serve
from benchmarks.peers_common import BATCH, EPOCHS, MAX_TOKENS, base_folder, timed, total_steps

WARM_UP, STEPS = 3, 50
RATE = 5e-5
IGNORED = -100
SETTINGS = {
    "model": "AutoModelForTokenClassification on the same base",
    "padding": "max_length",
    "max_length": MAX_TOKENS,
    "batch_size": BATCH,
    "precision": "float32",
    "optimizer": "AdamW, weight decay 0.01",
    "schedule": "linear, no warm-up",
    "epochs": EPOCHS,
    "learning_rate": RATE,
    "steps_timed": STEPS,
    "steps_warm_up": WARM_UP,
}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Time a sample of steps and return what all of them would take."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        get_linear_schedule_with_warmup,
    )
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.manual_seed(request["seed"])
    train = tagged.splits(request["dataset"], Path(request["data"]))[0]
    sentences = [(s, e) for d in train for s, e in zip(d.sentences, d.entities, strict=True)]
    kinds = sorted({kind for _, entities in sentences for _, _, kind in entities})
    tags = ["O", *(f"{p}-{k}" for k in kinds for p in "BI")]
    tokenizer = AutoTokenizer.from_pretrained(str(base_folder()))
    model = AutoModelForTokenClassification.from_pretrained(
        str(base_folder()), num_labels=len(tags)
    )
    rows = tokenizer(
        [s for s, _ in sentences],
        is_split_into_words=True,
        padding="max_length",
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    )
    y = torch.full_like(rows["input_ids"], IGNORED)
    for i, (words, entities) in enumerate(sentences):
        own = ["O"] * len(words)
        for a, b, kind in entities:
            own[a:b] = [f"B-{kind}", *([f"I-{kind}"] * (b - a - 1))]
        before = None
        for t, word in enumerate(rows.word_ids(i)):
            if word is not None and word != before:
                y[i, t] = tags.index(own[word])
            before = word
    loader = DataLoader(
        TensorDataset(rows["input_ids"], rows["attention_mask"], y), batch_size=BATCH, shuffle=True
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, total_steps(len(sentences)))
    clock = StepClock(WARM_UP)
    model.train()
    clock.tick()
    for done, (ids, mask, labels) in enumerate(loader, 1):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        clock.tick()
        if done == WARM_UP + int(request["steps"]):
            break
    return timed(clock, len(sentences)) | {
        "dataset": request["dataset"],
        "recipe": "tutorial",
        "learning_rate": RATE,
        "seed": request["seed"],
        "torch_threads": torch.get_num_threads(),
        "loss_last_step": round(loss.item(), 4),
    }


if __name__ == "__main__":
    serve(run)
