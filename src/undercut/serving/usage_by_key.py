"""What each API key used in a month, from the meter: real usage for a price list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from undercut.core.errors import fail
from undercut.serving.database import open_database
from undercut.serving.tables import stamp, usage

DAYS = 730 / 24
"""A month of 730 hours."""
LEAST_DAYS = 1.0


def texts_by_key(state_folder: Path, at: datetime | None = None) -> list[float]:
    """Return texts a month of each key that used any in the last 730 hours.

    Where the meter is younger than that, what it saw is taken on to a whole month, from one day on.

    Args:
        state_folder: where `undercut serve` keeps keys and usage.
        at: end of the month; now by default.

    Raises:
        UndercutError: no usage there.
    """
    path = state_folder / "serving.sqlite"
    end = at or datetime.now(UTC)
    rows: list[tuple[int, str]] = []
    if path.is_file():
        since = stamp(end - timedelta(days=DAYS))
        with open_database(path).connect() as db:
            found = db.execute(
                sa.select(sa.func.sum(usage.c.inputs), sa.func.min(usage.c.at))
                .where(usage.c.key_id.is_not(None), usage.c.at > since, usage.c.at <= stamp(end))
                .group_by(usage.c.key_id)
                .order_by(usage.c.key_id)
            )
            rows = [(int(total), str(first)) for total, first in found]
    if not rows:
        raise fail(
            "usage-none", expected="usage by API keys in the last 730 hours", found="none",
            where=str(path), fix="Give a file instead: --usage FILE.",
        )  # fmt: skip
    first = datetime.fromisoformat(min(f for _, f in rows))
    seen = max((end - first).total_seconds() / 86_400, LEAST_DAYS)
    return [total * DAYS / seen for total, _ in rows]
