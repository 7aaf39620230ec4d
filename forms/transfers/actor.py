"""Who a job acts for: the person as they are now, not as they were when they asked."""

from __future__ import annotations

from engine.errors import Forbidden
from engine.identity.principal import SYSTEM, SYSTEM_USER, Principal
from engine.identity.service import principal_of
from engine.runtime import Runtime


def actor_of(runtime: Runtime, user: str) -> Principal:
    """The principal of who asked. Raises Forbidden when that person may not act any more."""
    if user == SYSTEM_USER:
        return SYSTEM
    with runtime.reading(SYSTEM) as work:
        found = principal_of(work, user)
    if found is None:
        raise Forbidden()
    return found
