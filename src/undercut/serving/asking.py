"""A request on its way to a variant: chosen, loaded if need be, asked again if closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from undercut.serving.lane import Served
from undercut.serving.shelf import Shelf
from undercut.serving.waiting import ClosedError, DeadlineError, ModelError, QueueFullError


async def ask(
    shelf: Shelf,
    served: Served,
    request_id: str,
    texts: Sequence[Any],
    sizes: Sequence[int],
    until: float,
    *,
    vectors: bool = False,
) -> list[Any]:
    """Return the answers of the variant that the request falls to.

    A variant that is closed while the request waits (promoted away, or unloaded) costs the caller
    nothing: what answers now is asked. A candidate that fails on the request, or whose queue is
    full, hands it to the usual variant.

    Args:
        shelf: the models.
        served: what the request names; ``chosen`` is set.
        request_id: decides whether a canary answers.
        texts: what the model reads.
        sizes: tokens of each.
        until: deadline, by the monotonic clock.
        vectors: whether vectors are asked for. Those of two models cannot be compared, so no
            candidate gives them.

    Raises:
        DeadlineError, QueueFullError, ModelError, ClosedError: as
            :meth:`undercut.serving.batcher.Batcher.submit`.
        UndercutError: the model could not be loaded.
    """
    while True:
        opened = served.choose(request_id, usual=vectors)
        if opened is None:
            await asyncio.to_thread(shelf.load_again, served.lane)
            continue
        left = until - time.monotonic()
        if left <= 0:
            raise DeadlineError
        on_trial = served.standing is not None and opened is served.standing.candidate
        try:
            queue = opened.embedder if vectors else opened.batcher
            if queue is None:  # what was promoted meanwhile has no vectors
                raise ModelError
            return await queue.answer(texts, sizes, left)
        except ClosedError:
            if shelf.closed:
                raise
            await asyncio.sleep(0)
        except (ModelError, QueueFullError):
            if not on_trial or served.version is not None:
                raise
            served.refused.add(opened.version)
