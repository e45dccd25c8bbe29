"""Leave to answer a request, as a server asks for it: from memory, else from the store."""

from __future__ import annotations

from typing import Any

from undercut.economics.charges import Quantities
from undercut.serving.budgets.amounts import Ticket
from undercut.serving.key_record import ApiKey
from undercut.serving.till import Till


def leave(
    till: Till, key: ApiKey, name: str, used: Quantities, *, again: bool = False, **more: Any
) -> Ticket:
    """Return a ticket for a request to the model ``tiny``."""
    ticket = till.at_once(key, name, "tiny", used, again=again)
    if ticket is not None:
        return ticket
    return till.wait_for(key, name, "tiny", used, again=again, **more).result(300)
