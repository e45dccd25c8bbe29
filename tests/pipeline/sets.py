"""Small labelled files for pipeline tests: the embedded example, or a cut of it."""

from __future__ import annotations

import csv
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[2] / "examples" / "support"
INTENTS = ("refund_status", "reset_password", "file_claim", "promo_code", "wrong_item")


def rows(name: str, intents: tuple[str, ...] = INTENTS) -> list[tuple[str, str]]:
    """Return ``(text, intent)`` of an example file, five intents of it by default."""
    with (SUPPORT / name).open(encoding="utf-8", newline="") as f:
        return [(r["text"], r["intent"]) for r in csv.DictReader(f) if r["intent"] in intents]


def write_csv(path: Path, pairs: list[tuple[str, str]]) -> Path:
    """Write a file with the header ``text,label``."""
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["text", "label"])
        writer.writerows(pairs)
    return path


def small(folder: Path) -> tuple[Path, Path]:
    """Write a small training and a small test file; return their paths."""
    train = write_csv(folder / "small.csv", rows("support_en.csv"))
    test = write_csv(folder / "small_test.csv", rows("test_en.csv"))
    return train, test
