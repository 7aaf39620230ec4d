"""Numbers beyond 64 bits on SQLite: decimal text, so that one number always has one representation."""

from __future__ import annotations

INT64 = 2**63
Wide = int | str


def narrow(value: int | None) -> Wide | None:
    """An integer as SQLite can hold it."""
    if value is None or -INT64 <= value < INT64:
        return value
    return str(value)
