"""Extensions: the built-ins that boot passes in, then installed entry points."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any

GROUP = "fourfold.plugins"


def extensions(built_ins: Iterable[Any]) -> list[Any]:
    """All extension classes: `built_ins`, then what installed packages offer.

    An entry point of the group `fourfold.plugins` names a tuple of extension classes.
    """
    found = list(built_ins)
    for entry in entry_points(group=GROUP):
        found.extend(entry.load())
    return found
