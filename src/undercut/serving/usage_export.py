"""The request log in the forms that billing systems read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from undercut.store.files import whole_files

COLUMNS = (
    "request_id",
    "at",
    "customer",
    "key_id",
    "key_name",
    "plan",
    "model",
    "inputs",
    "tokens",
    "micro_usd",
    "latency_ms",
)
UNITS = ("requests", "inputs", "tokens")
Row = dict[str, Any]


def cloudevents(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield a CloudEvents 1.0 event a request, in the JSON format; its id is the request's."""
    for row in rows:
        data = {c: row[c] for c in COLUMNS if c not in ("request_id", "at")}
        yield {
            "specversion": "1.0",
            "id": row["request_id"],
            "source": "/undercut/serving",
            "type": "undercut.request.answered.v1",
            "subject": row["key_id"] or "none",
            "time": row["at"],
            "datacontenttype": "application/json",
            "data": data | {"requests": 1},
        }


def stripe(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield Stripe meter events: one a unit of a request that a key was charged for.

    ``identifier`` is the request's id and the unit, so that Stripe counts a file sent twice once.
    The customer of the key must be the id of the Stripe customer.
    """
    for row in rows:
        if row["micro_usd"] is None:
            continue
        for unit in UNITS:
            yield {
                "event_name": f"undercut_{unit}",
                "identifier": f"{row['request_id']}:{unit}",
                "timestamp": int(datetime.fromisoformat(row["at"]).timestamp()),
                "payload": {
                    "stripe_customer_id": row["customer"],
                    "value": str(1 if unit == "requests" else row[unit]),
                },
            }


_EVENTS: dict[str, Callable[[Iterable[Row]], Iterator[Row]]] = {
    "cloudevents": cloudevents,
    "stripe": stripe,
}


def export(rows: Iterable[Row], path: Path, form: str) -> int:
    """Write rows to a file in one step; return how many lines beside a heading there are."""
    lines = 0
    with whole_files([path]) as (f,):
        if form == "csv":
            writer = csv.DictWriter(f, COLUMNS, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow(row)
                lines += 1
        else:
            for event in _EVENTS[form](rows):
                f.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
                lines += 1
    return lines
