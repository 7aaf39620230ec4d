"""Identifiers: UUID version 7 as text, ordered by time."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_tails: list[str] = []
_milliseconds, _beginning = -1, ""
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
        head = _beginning if stamp >> 12 == _milliseconds else _begun(stamp >> 12)
    try:
        tail = _tails.pop()
    except IndexError:
        tail = _refilled()
    return head + TICKS[stamp & 4095] + tail


def new_ids(count: int) -> list[str]:
    """As many of them at once, in order."""
    global _last
    with _lock:
        first = max((time.time_ns() << 12) // MILLISECOND, _last + 1)
        _last = first + count - 1
        heads = [_begun(stamp >> 12) + TICKS[stamp & 4095] for stamp in range(first, first + count)]
    return [head + tail for head, tail in zip(heads, _drawn(count), strict=True)]


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


def _begun(milliseconds: int) -> str:
    """What ids of a millisecond begin with; the 12 bits below it, which keep the order in bursts, come after."""
    global _milliseconds, _beginning
    whole = f"{milliseconds:012x}"
    _milliseconds, _beginning = milliseconds, f"{whole[:8]}-{whole[8:]}-7"
    return _beginning
