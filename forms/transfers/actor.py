"""Who a job acts for: the person as they are now, not as they were when they asked."""

from __future__ import annotations

from engine.errors import Forbidden
from engine.identity.errands import principal_for
from engine.identity.principal import SYSTEM, SYSTEM_USER, Principal
from engine.runtime import Runtime


def actor_of(runtime: Runtime, user: str, transfer: str = "") -> Principal:
    """The principal of who asked for this transfer, with no more rights than their token had. Raises Forbidden
    when that person may not act any more.
    """
    if user == SYSTEM_USER:
        return SYSTEM
    with runtime.reading(SYSTEM) as work:
        found = principal_for(work, user, transfer)
    if found is None:
        raise Forbidden()
    return found
