"""Compiled versions of apps that a process keeps beside the heads: those asked for last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping

from engine.definitions.app import CompiledApp

MOST = 32
"""Each publish leaves a version behind that flows and the log may still ask for; one that is asked for again after
so many others is compiled again.
"""


class KeptVersions:
    """By place: an app's version and those it is compiled beside. Threads share it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, CompiledApp] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Hashable) -> CompiledApp | None:
        """The version at a place, which counts as asked for now; None when it is not kept."""
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
            return found

    def keep(self, made: Mapping[Hashable, CompiledApp]) -> None:
        """Keep these, and forget what nobody has asked for for longest."""
        with self._lock:
            for place, app in made.items():
                self._kept[place] = app
                self._kept.move_to_end(place)
            while len(self._kept) > max(self._most, len(made)):
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
