"""Measure `undercut check` on big files: peak memory and CPU-seconds against rows.

    python scripts/measure_check.py                          # 250,000 to 2,000,000 rows, 1 GB
    python scripts/measure_check.py --rows 250000 --fix      # one size, with a mended copy

The texts come from a seeded word model: Zipf's law over 20,000 made-up words, of which each of 20
labels prefers a few hundred. 1 row in 50 repeats an earlier text exactly and 1 in 50 but for a
word, 1 in 50 has another label, 1 in 500 an e-mail address, 1 in 1,000 no text. The file of fewer
rows is the beginning of the longer one. Everything is written to a temporary folder and removed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

WORDS, LABELS, OWN = 20_000, 20, 300
LETTERS = np.array(list("etaoinshrdlucmfwypvbgk"))
SIZES = (250_000, 500_000, 1_000_000, 2_000_000)
BATCH = 10_000


def vocabulary(rng: np.random.Generator) -> np.ndarray:
    """Return different made-up words, ``str (WORDS,)``."""
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(rng.choice(LETTERS, rng.integers(2, 11)))] = None
    return np.array(list(found), dtype=object)


def batch(rng: np.random.Generator, words: np.ndarray, own: np.ndarray, n: int) -> list[list[str]]:
    """Return ``n`` rows of (text, label) of about 68 words each, faults planted."""
    label = np.minimum(rng.geometric(0.12, n) - 1, LABELS - 1)
    sizes = rng.integers(35, 101, n)
    common = rng.zipf(1.3, sizes.sum()) % WORDS
    special = own[np.repeat(label, sizes), rng.integers(0, OWN, sizes.sum())]
    text = words[np.where(rng.random(sizes.sum()) < 0.15, special, common)]
    ends = np.cumsum(sizes)
    rows = []
    for end, size, y in zip(ends.tolist(), sizes.tolist(), label.tolist(), strict=True):
        rows.append([" ".join(text[end - size : end]), f"topic {y:02d}"])
    kind = rng.random(n)
    for i in range(1, n):
        earlier = rows[int(rng.integers(0, i))]
        if kind[i] < 0.02:
            rows[i] = list(earlier)
        elif kind[i] < 0.04:
            place = earlier[0].rfind(" ")
            rows[i] = [f"{earlier[0][:place]} {words[int(rng.integers(WORDS))]}", earlier[1]]
        elif kind[i] < 0.06:
            rows[i][1] = f"topic {int(rng.integers(LABELS)):02d}"
        elif kind[i] < 0.062:
            rows[i][0] += f" write to user{i}@example.org"
        elif kind[i] < 0.063:
            rows[i][0] = ""
    return rows


def generate(path: Path, rows: int, seed: int = 0) -> None:
    """Write a CSV of ``rows`` rows, 500 bytes each."""
    rng = np.random.default_rng(seed)
    words = vocabulary(rng)
    own = rng.integers(0, WORDS, (LABELS, OWN))
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(["text", "label"])
        for begin in range(0, rows, BATCH):
            writer.writerows(batch(rng, words, own, BATCH)[: rows - begin])


def measure(path: Path, more: list[str]) -> dict[str, Any]:
    """Run ``undercut check FILE --json`` as a process of its own; return what it used and found."""
    code = (
        "import resource, sys; from undercut.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "u = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(u.ru_maxrss, u.ru_utime + u.ru_stime, file=sys.stderr)"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-c", code, "check", str(path), "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    peak, seconds = map(float, done.stderr.split()[-2:])
    found = json.loads(done.stdout)
    # Linux counts kilobytes, macOS bytes.
    scale = 1 if sys.platform == "darwin" else 1024
    return {"rss": peak * scale, "cpu": seconds, "rows": found["rows"], "samples": found["samples"]}


def main() -> None:
    """Generate, measure, print a Markdown table, remove."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, action="append", help="rows of a file; repeatable")
    parser.add_argument("--fix", action="store_true", help="write the mended copy as well")
    parser.add_argument("--no-label-errors", action="store_true", help="without that search")
    asked = parser.parse_args()
    more = ["--fix"] if asked.fix else []
    more += ["--no-label-errors"] if asked.no_label_errors else []
    sizes = asked.rows or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.csv"
        generate(whole, max(sizes))
        print("| rows | MB | peak memory, MB | CPU-s | CPU-s per 100,000 rows |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for rows in sizes:
            path = Path(folder) / "rows.csv"
            with whole.open("rb") as one, path.open("wb") as other:
                other.writelines(islice(one, rows + 1))
            size = path.stat().st_size / 1e6
            got = measure(path, more)
            per = got["cpu"] / rows * 1e5
            row = (f"{rows:,}", f"{size:,.0f}", f"{got['rss'] / 1e6:,.0f}", f"{got['cpu']:.0f}")
            print(f"| {' | '.join(row)} | {per:.1f} |", flush=True)
            for sample in got["samples"]:
                print(f"<!-- {sample['check']}: {sample['how']} -->", flush=True)


if __name__ == "__main__":
    main()
