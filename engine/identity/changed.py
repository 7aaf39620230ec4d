"""A count of identity changes in this process: caches compare it instead of being called."""

from __future__ import annotations

import itertools


class ChangeCount:
    """Grows after every committed change of users, departments, roles or tokens."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.current = 0

    def bump(self) -> None:
        """Make every cache of this process read again."""
        self.current = next(self._numbers)


identity_changes = ChangeCount()
