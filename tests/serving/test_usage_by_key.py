"""Real usage for a price list: what each key used in the last 730 hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from undercut.core.errors import UndercutError
from undercut.serving.database import open_database
from undercut.serving.tables import stamp, usage
from undercut.serving.usage_by_key import DAYS, texts_by_key

END = datetime(2026, 11, 21, tzinfo=UTC)


def write(folder, rows):
    with open_database(folder / "serving.sqlite").begin() as db:
        for n, (key, inputs, days_ago) in enumerate(rows):
            at = stamp(END - timedelta(days=days_ago))
            row = {"request_id": f"r{n}", "key_id": key, "model": "m", "inputs": inputs,
                   "tokens": 1, "latency_ms": 1.0, "at": at}  # fmt: skip
            db.execute(sa.insert(usage).values(**row))


def test_a_young_meter_is_taken_on_to_a_whole_month(tmp_path):
    write(tmp_path, [("a", 30, 10), ("a", 10, 1), ("b", 5, 4), (None, 99, 3), ("c", 7, 40)])
    assert texts_by_key(tmp_path, END) == pytest.approx([40 * DAYS / 10, 5 * DAYS / 10])


def test_no_usage_is_said(tmp_path):
    with pytest.raises(UndercutError, match="--usage FILE"):
        texts_by_key(tmp_path)
    write(tmp_path, [(None, 3, 1)])
    with pytest.raises(UndercutError, match="730 hours"):
        texts_by_key(tmp_path, END)
