"""Identifiers: UUID version 7 as text, ordered by time."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_tails: list[str] = []
_beginning = (-1, "")
DRAWN = 64
MILLISECOND = 1_000_000
TICKS = tuple(f"{tick:03x}" for tick in range(4096))
"""The 12 bits below the millisecond as they are written."""
VARIANT = {f"{digit:x}": f"{8 + digit % 4:x}" for digit in range(16)}
os.register_at_fork(after_in_child=_tails.clear)


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as 36 characters; later calls of one process sort after earlier ones."""
    global _last
    stamp = (time.time_ns() << 12) // MILLISECOND
    with _lock:
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    try:
        tail = _tails.pop()
    except IndexError:
        tail = _refilled()
    return _head(stamp) + tail


def new_ids(count: int) -> list[str]:
    """As many of them at once, in order."""
    global _last
    with _lock:
        first = max((time.time_ns() << 12) // MILLISECOND, _last + 1)
        _last = first + count - 1
    return [_head(first + at) + tail for at, tail in enumerate(_drawn(count))]


def _refilled() -> str:
    """A random half; asking the system for each of them takes longer than all the rest."""
    tails = _drawn(DRAWN)
    first = tails.pop()
    _tails.extend(tails)
    return first


def _drawn(count: int) -> list[str]:
    """So many random halves."""
    drawn = os.urandom(8 * count).hex()
    return [
        f"-{VARIANT[drawn[at]]}{drawn[at + 1 : at + 4]}-{drawn[at + 4 : at + 16]}"
        for at in range(0, 16 * count, 16)
    ]


def _head(stamp: int) -> str:
    """The half that tells the time: milliseconds, and the 12 bits below that keep the order in bursts."""
    global _beginning
    milliseconds = stamp >> 12
    known, text = _beginning
    if known != milliseconds:
        whole = f"{milliseconds:012x}"
        text = f"{whole[:8]}-{whole[8:]}-7"
        _beginning = (milliseconds, text)
    return text + TICKS[stamp & 4095]
