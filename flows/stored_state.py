"""The state of an instance as JSON text, small and stable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from flows.state import State, Visit


def dump(state: State) -> str:
    """The state as JSON text; moments in ISO 8601."""
    return orjson.dumps(state, option=orjson.OPT_UTC_Z).decode()


def load(text: str) -> State:
    """The state that `dump` wrote."""
    raw: dict[str, Any] = orjson.loads(text)
    raw["visits"] = tuple(_visit(visit) for visit in raw["visits"])
    raw["rounds"] = tuple((node, count) for node, count in raw["rounds"])
    for name in ("arrived", "path", "trail"):
        raw[name] = tuple(raw[name])
    return State(**raw)


def _visit(raw: dict[str, Any]) -> Visit:
    return Visit(
        node=raw["node"],
        round=raw["round"],
        since=datetime.fromisoformat(raw["since"]),
        waiting=raw["waiting"],
        actors=tuple(raw["actors"]),
        approved=tuple(raw["approved"]),
    )
