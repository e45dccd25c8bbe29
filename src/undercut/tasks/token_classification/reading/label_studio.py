"""A task of a Label Studio export: the text under ``data``, the regions under ``annotations``."""

from __future__ import annotations

from typing import Any

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.marks import Mark, Marked
from undercut.tasks.token_classification.reading.spans import marks_of


def is_task(record: dict[str, Any]) -> bool:
    """Whether a record is a Label Studio task of text regions, or one not yet annotated."""
    work = _work(record)
    if not isinstance(record.get("data"), dict) or not isinstance(work, list):
        return False
    regions = [r for a in work if isinstance(a, dict) for r in _result(a)]
    spans = [r for r in regions if _is_span(r)]
    return bool(spans) or not regions


def _work(record: dict[str, Any]) -> Any:
    return record.get("annotations", record.get("completions"))


def _result(annotation: dict[str, Any]) -> list[Any]:
    found = annotation.get("result")
    return found if isinstance(found, list) else []


def _is_span(region: Any) -> bool:
    value = region.get("value") if isinstance(region, dict) else None
    return isinstance(value, dict) and {"start", "end"} <= set(value)


def empty_export(keys: dict[str, Any]) -> bool:
    """Whether a record of JSON-MIN was annotated and has no region: its labels are left out."""
    return "annotationid" in keys and isinstance(keys.get("text"), str) and "label" not in keys


def read_task(record: dict[str, Any], line: int, to: Gathered) -> Marked | None:
    """Return the text and spans of a task; None when nobody has annotated it.

    The first annotation that was not cancelled counts.
    """
    done = [
        a
        for a in _work(record)
        if isinstance(a, dict) and not (a.get("was_cancelled") or a.get("skipped"))
    ]
    if not done:
        return None
    if len(done) > 1:
        to.say_once("where a task has several annotations, the first counts")
    regions = [r for r in _result(done[0]) if _is_span(r)]
    names = {str(r["to_name"]) for r in regions if "to_name" in r}
    data = record["data"]
    texts = {k: v for k, v in data.items() if isinstance(v, str)}
    chosen = [k for k in (*names, "text") if k in texts] or sorted(
        texts, key=lambda k: -len(texts[k])
    )
    if not chosen or not texts[chosen[0]].strip():
        to.refuse(line, "a text under 'data'", f"{', '.join(map(repr, data)) or 'nothing'}")
        return None
    marks: list[Mark] = []
    for region in regions:
        value = region["value"]
        kinds = value.get("labels", value.get("hypertextlabels"))
        if isinstance(value.get("start"), str) and not value["start"].isdecimal():
            to.refuse(line, "offsets in plain text", f"a place in HTML, {value['start'][:40]!r}")
            continue
        found = marks_of({**value, "labels": kinds})
        if isinstance(found, str):
            to.refuse(line, "a region with start, end and one label", found)
            continue
        marks += found
    return Marked(line, texts[chosen[0]], marks)
