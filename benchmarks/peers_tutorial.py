"""The tutorial recipe: pad everything to 128 tokens, batch 16, float32, AdamW, five epochs.

It is the loop of the usual fine-tuning tutorials (a PyTorch loop over padded batches with a
linear schedule). Only optimiser steps are timed: imports, tokenising and evaluation are free.
"""

from __future__ import annotations

from typing import Any

from benchmarks import datasets
from benchmarks.clock import StepClock, measured
from benchmarks.part import serve
from benchmarks.peers_common import (
    BATCH,
    EPOCHS,
    LEARNING_RATES,
    MAX_TOKENS,
    accuracy,
    open_base,
    targets,
    timed,
    total_steps,
)

WARM_UP = 3
STEPS = 15
SETTINGS = {
    "model": "AutoModelForSequenceClassification on the same base",
    "padding": "max_length",
    "max_length": MAX_TOKENS,
    "batch_size": BATCH,
    "precision": "float32",
    "optimizer": "AdamW, weight decay 0.01",
    "schedule": "linear, no warm-up",
    "epochs": EPOCHS,
    "learning_rates": list(LEARNING_RATES),
    "steps_timed_a_round": STEPS,
    "steps_warm_up": WARM_UP,
}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Time a sample of steps, or with ``full`` run all of them and score the test rows."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from transformers import get_linear_schedule_with_warmup

    split = datasets.read("banking77", request["data"])
    full, rate = bool(request["full"]), float(request["learning_rate"])
    torch.manual_seed(request["seed"])
    tokenizer, model = open_base(split)

    def tokenise(texts: list[str]) -> Any:
        return tokenizer(
            texts,
            padding="max_length",
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )

    rows = tokenise(split.train.texts)
    y = torch.tensor(targets(split, "train"))
    loader = DataLoader(
        TensorDataset(rows["input_ids"], rows["attention_mask"], y), batch_size=BATCH, shuffle=True
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    steps = total_steps(len(split.train))
    schedule = get_linear_schedule_with_warmup(optimizer, 0, steps)
    clock = StepClock(WARM_UP)
    last = steps if full else WARM_UP + int(request["steps"])
    done = 0
    model.train()
    clock.tick()
    with measured() as usage:
        for _ in range(EPOCHS):
            for ids, mask, labels in loader:
                loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
                loss.backward()
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                clock.tick()
                done += 1
                if done == last:
                    break
            if done == last:
                break
    row = timed(clock, len(split.train)) | {
        "recipe": "tutorial",
        "learning_rate": rate,
        "seed": request["seed"],
        "torch_threads": torch.get_num_threads(),
        "loss_last_step": round(loss.item(), 4),
        "accuracy": None,
    }
    if full:
        model.eval()
        test = tokenise(split.test.texts)
        guesses: list[int] = []
        with torch.inference_mode():
            for at in range(0, len(split.test), 64):
                part = {k: test[k][at : at + 64] for k in ("input_ids", "attention_mask")}
                guesses += model(**part).logits.argmax(1).tolist()
        row |= {"extrapolated": False, "accuracy": accuracy(guesses, targets(split, "test"))}
        row |= {k: {"value": v} for k, v in usage.as_json().items()}
    return row


if __name__ == "__main__":
    serve(run)
