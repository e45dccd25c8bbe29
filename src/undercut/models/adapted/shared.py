"""One copy of a base's weights in a process, whoever uses it.

Adapters of one base each have a body of their own, a few kilobytes of structure around the same
tensors: a thousand of them cost a thousand differences and one base.
"""

from __future__ import annotations

import threading
import weakref
from weakref import WeakValueDictionary

from torch import Tensor

from undercut.models.encoder.base import Base
from undercut.models.encoder.module import Body, body_of, read_tensors


class _Held:
    """The float32 tensors of a base, by their published names; gone with its last body."""

    def __init__(self, base: Base) -> None:
        self.tensors: dict[str, Tensor] = {
            k: v.float() if v.is_floating_point() else v
            for k, v in read_tensors(base.folder).items()
        }


_held: WeakValueDictionary[str, _Held] = WeakValueDictionary()
_lock = threading.Lock()


def shared_body(base: Base) -> Body:
    """Return a new body around the one copy of a base's weights; they must not be written to."""
    with _lock:
        held = _held.get(base.sha256)
        if held is None:
            held = _held[base.sha256] = _Held(base)
    body = body_of(base.folder, held.tensors).requires_grad_(False)
    weakref.finalize(body, _let_go, held)  # the tensors stay known as long as this body lives
    return body


def _let_go(_: _Held) -> None:
    """Drop a body's hold on the tensors."""
