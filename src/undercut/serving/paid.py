"""A request from leave to be answered to its line in the meter: the one way to be billed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from fastapi import Request

from undercut.economics.charges import Quantities
from undercut.serving.admission import Leave, admitted, request_id_of, store_failed
from undercut.serving.asking import ask
from undercut.serving.desk import Desk, id_of, in_thread
from undercut.serving.extraction import marks_of, told
from undercut.serving.intake import answered
from undercut.serving.key_record import ApiKey
from undercut.serving.meter import Meter
from undercut.serving.shelf import Served


async def paid(
    desk: Desk,
    request: Request,
    key: ApiKey | None,
    served: Served,
    raw: bytes,
    texts: list[str],
    write: Callable[[str, Sequence[Any], int], bytes],
    vectors: bool = False,
) -> bytes:
    """Answer texts within the caller's budget and record what they used.

    Args:
        desk: the server.
        request: of ``desk.caller``; its state gets the request id and the charge.
        key: the caller's.
        served: the model asked.
        raw: the body, which an idempotency key stands for.
        texts: what the model reads.
        write: the answer's bytes, of the request id, one prediction a text as the key may see it
            (:mod:`.extraction`), and the tokens read.
            What it raises leaves the request unanswered and unbilled.
        vectors: whether vectors are asked for instead of predictions.

    Raises:
        ApiError: refused by budget, queue, deadline, model or store.
    """
    served.key_id = id_of(key)
    sizes = [desk.count_tokens(text) for text in texts]
    state = request.state
    again = request_id_of(request.headers, desk.keys, key, served.lane.name, raw)
    state.request_id = again or state.request_id
    used = Quantities(requests=1, inputs=len(texts), tokens=sum(sizes))
    ticket = await admitted(
        desk.till,
        key,
        state.request_id,
        served.info.name,
        used,
        again is not None,
        partial(marks_of, desk.keys, key, texts),
    )
    limits = desk.till.limits_of(key) if desk.till and key else None
    with Leave(desk.till, ticket) as leave:
        until = state.started + desk.limits.deadline_seconds
        asked = ask(desk.shelf, served, state.request_id, texts, sizes, until, vectors=vectors)
        predictions = await answered(request.receive, asked)
        content = write(state.request_id, told(predictions, limits), sum(sizes))
        record = {
            "request_id": ticket.request_id,
            "key_id": id_of(key),
            "model": served.info.version,
            "inputs": len(texts),
            "tokens": sum(sizes),
            "latency_ms": (time.monotonic() - state.started) * 1e3,
            "plan": ticket.plan,
            "micro_usd": ticket.micro_usd,
            "block": ticket.block,
        }
        await _recorded(desk.meter, record, leave)
    state.micro_usd = ticket.micro_usd
    if desk.trials is not None and not vectors:
        desk.trials.tell(served, state.request_id, texts, sizes, predictions)
    return content


async def _recorded(meter: Meter, record: dict[str, Any], leave: Leave) -> None:
    if meter.sync:
        await in_thread(meter.record, **record)
        return
    written = meter.soon(**record)
    try:
        await written
    except OSError as error:
        raise store_failed(error) from None
    finally:  # also when this request is cancelled after its line was written
        leave.used = written.done() and not written.cancelled() and written.exception() is None
