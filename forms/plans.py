"""Statements made for questions that people ask, kept for the next time; the least used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from engine.definitions.app import CompiledApp

T = TypeVar("T")
KEPT = 500
_lock = threading.Lock()


def kept(app: CompiledApp, key: Any, make: Callable[[], T]) -> T:
    """What `make` gave for this key under this version of the app, made now if it is not kept."""
    plans: OrderedDict[Any, T] = app.memory.setdefault("plans", OrderedDict())
    with _lock:
        if key in plans:
            plans.move_to_end(key)
            return plans[key]
    made = make()
    with _lock:
        plans[key] = made
        while len(plans) > KEPT:
            plans.popitem(last=False)
    return made
