"""Price sensitivity fitted to a file of sales: what was charged, what was sold, month by month."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from undercut.core.errors import Problem, UndercutError
from undercut.economics.calibrate import DemandFit, fit_logit
from undercut.pipeline.scenario.inputs import Input

NEEDED = ("price_usd_per_1k", "volume_1k")
OPTIONAL = ("product", "month", "market_1k")
KEY = "buyers.alpha_per_usd_per_1k"
COLUMNS = f"the columns {', '.join(NEEDED)}, and if wanted {', '.join(OPTIONAL)}"


def fit_sales(path: Path, market_1k: float) -> DemandFit:
    """Return logit demand fitted to a CSV file.

    Columns: ``price_usd_per_1k``, ``volume_1k`` (thousand requests); ``product`` where there are
    several, ``month`` (rows of a month are choices beside each other), ``market_1k`` where the
    market of a row is another than the scenario's.

    Args:
        path: the file.
        market_1k: all that is bought in a row's time, thousand requests, where the file has none.

    Raises:
        UndercutError: not such a file, figures that are none, or rows that say nothing about price.
    """
    rows = _read(path)
    sized = [float(r["market_1k"]) if r.get("market_1k") else market_1k for r in rows]
    return fit_logit(
        [float(r["price_usd_per_1k"]) for r in rows],
        [float(r["volume_1k"]) for r in rows],
        sized,
        [r["product"] for r in rows] if "product" in rows[0] else None,
        [r["month"] for r in rows] if "month" in rows[0] else None,
    )


def alpha_input(path: Path, market_1k: float) -> Input:
    """Return alpha with its 95 % interval, and where it is from with the standard error.

    Raises:
        UndercutError: as :func:`fit_sales`.
    """
    fit = fit_sales(path, market_1k)
    a = fit.alpha
    words = (
        f"fitted to {fit.rows:,} rows of {path.name}: standard error {a.standard_error:.3g}, "
        f"scatter {fit.dispersion:.2g} times that of counting"
    )
    # A price sensitivity of 0 or less has no best price: the interval's end stays above it.
    return Input(key=KEY, value=a.value, low=max(a.low, 0.01 * a.value), high=a.high, source=words,
                 assumed=False)  # fmt: skip


def _read(path: Path) -> list[dict[str, str]]:
    """Return the rows; every mistake is listed with its row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise _refused([Problem("a CSV file of sales", getattr(e, "strerror", None) or str(e),
                                str(path))]) from None  # fmt: skip
    head = list(rows[0]) if rows else []
    if not rows or any(name not in head for name in NEEDED):
        found = ", ".join(map(str, head)) or "no rows"
        raise _refused([Problem(COLUMNS, found, str(path))])
    problems = []
    for k, row in enumerate(rows, start=2):
        for name in (*NEEDED, "market_1k"):
            text = row.get(name)
            if name == "market_1k" and not text:
                continue
            if not _number(text):
                problems.append(
                    Problem("a number of at least 0", repr(text), f"{path}:{k}, {name}")
                )
    if problems:
        raise _refused(problems)
    return rows


def _refused(problems: list[Problem]) -> UndercutError:
    return UndercutError("scenario-invalid", problems)


def _number(text: str | None) -> bool:
    try:
        value = float(text or "")
    except ValueError:
        return False
    return math.isfinite(value) and value >= 0
