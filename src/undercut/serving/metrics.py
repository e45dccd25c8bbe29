"""Counts in the Prometheus text format, version 0.0.4; used from one thread."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

import psutil

from undercut.serving.waiting import Load

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return one line."""
    inside = ",".join(f'{k}="{_escape(v)}"' for k, v in labels.items())
    return f"{name}{{{inside}}} {value!r}" if inside else f"{name} {value!r}"


def family(name: str, kind: str, text: str, lines: list[str]) -> list[str]:
    """Return a metric with its help and type lines."""
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *lines]


class Requests:
    """Requests by route and status, and their durations by route."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = defaultdict(float)

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        self._counts[route, str(status)] += 1
        buckets = self._buckets.setdefault(route, [0] * (len(BUCKETS_SECONDS) + 1))
        buckets[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self._seconds[route] += seconds

    def lines(self) -> list[str]:
        """Return both metrics."""
        name = "undercut_request_seconds"
        timed: list[str] = []
        for route, buckets in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip([*map(str, BUCKETS_SECONDS), "+Inf"], buckets, strict=True):
                total += count
                timed.append(sample(f"{name}_bucket", {"route": route, "le": bound}, total))
            timed.append(sample(f"{name}_sum", {"route": route}, self._seconds[route]))
            timed.append(sample(f"{name}_count", {"route": route}, total))
        counted = [
            sample("undercut_requests_total", {"route": route, "status": status}, count)
            for (route, status), count in sorted(self._counts.items())
        ]
        return [
            *family("undercut_requests_total", "counter", "Requests by status.", counted),
            *family(name, "histogram", "Seconds from arrival to the answer.", timed),
        ]


def single(name: str, kind: str, text: str, value: float) -> list[str]:
    """Return a metric without labels."""
    return family(name, kind, text, [sample(name, {}, value)])


def exposition(
    requests: Requests, load: Load, models: Sequence[Mapping[str, str]], flush_failures: int
) -> str:
    """Return everything this server counts."""
    process = psutil.Process()
    times = process.cpu_times()
    memory = process.memory_info().rss
    info = "undercut_model_info"
    lines = [
        *family(info, "gauge", "The models.", [sample(info, m, 1) for m in models]),
        *requests.lines(),
        *single("undercut_requests_in_flight", "gauge", "Requests now.", requests.in_flight),
        *single("undercut_queue_inputs", "gauge", "Inputs waiting for the model.", load.waiting),
        *single("undercut_batches_total", "counter", "Calls of the model.", load.batches),
        *single("undercut_batch_inputs_total", "counter", "Inputs in those calls.", load.inputs),
        *single("undercut_busy_seconds_total", "counter", "Seconds in them.", load.busy_seconds),
        *single(
            "undercut_usage_flush_failures_total",
            "counter",
            "Times usage stayed in the journal because the database refused it.",
            flush_failures,
        ),
        *single("process_cpu_seconds_total", "counter", "CPU seconds.", times.user + times.system),
        *single("process_resident_memory_bytes", "gauge", "Resident memory.", memory),
    ]
    return "\n".join(lines) + "\n"
