"""The benchmarks are a package beside ``src``; tests import it from there."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A data folder with a few made-up rows in the published layouts."""
    texts = {
        "card_lost": ["my card is lost", "i lost my card", "lost card, help", "card lost today"],
        "top_up": ["how do i top up", "top up failed", "can i top up by card", "top up please"],
    }
    rows = [(t, label) for label, of in texts.items() for t in of]
    folder = tmp_path / "banking77"
    folder.mkdir()
    for part in ("train", "test"):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "category"), *rows])
    folder = tmp_path / "waimai_10k"
    folder.mkdir()
    zh = [("1", f"很好吃 {i}") for i in range(10)] + [("0", f"太慢了，{i}") for i in range(20)]
    with (folder / "waimai_10k.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("label", "review"), *zh, ("1", "很好吃 3")])
    folder = tmp_path / "thucnews_titles"
    folder.mkdir()
    (folder / "class.txt").write_text("finance\nsports\n", encoding="utf-8")
    (folder / "dev.txt").write_text("锌价难续去年辉煌\t0\n夺冠\t1\n", encoding="utf-8")
    (folder / "test.txt").write_text("股市\t0\n", encoding="utf-8")
    return tmp_path
