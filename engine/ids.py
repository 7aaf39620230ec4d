"""Identifiers: UUID version 7 as text, ordered by time."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0
_tails: list[bytes] = []
DRAWN = 64
os.register_at_fork(after_in_child=_tails.clear)


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as 36 characters; later calls of one process sort after earlier ones."""
    return _identifier(_stamps(1), _tail())


def new_ids(count: int) -> list[str]:
    """As many of them at once, in order."""
    first, tails = _stamps(count), os.urandom(8 * count)
    return [_identifier(first + at, tails[8 * at : 8 * at + 8]) for at in range(count)]


def _tail() -> bytes:
    """Eight random bytes; asking the system for each of them takes longer than all the rest."""
    try:
        return _tails.pop()
    except IndexError:
        drawn = os.urandom(8 * DRAWN)
        tails = [drawn[at : at + 8] for at in range(0, 8 * DRAWN, 8)]
        first = tails.pop()
        _tails.extend(tails)
        return first


def _stamps(count: int) -> int:
    """The first of so many stamps in a row that nobody else has."""
    global _last
    stamp = time.time_ns() >> 8  # 256 ns ticks: the 12 bits below the millisecond keep order in bursts
    with _lock:
        stamp = max(stamp, _last + 1)
        _last = stamp + count - 1
    return stamp


def _identifier(stamp: int, tail: bytes) -> str:
    milliseconds, fraction = divmod(stamp << 8, 1_000_000)
    sub = (fraction << 12) // 1_000_000
    rest = tail.hex()
    variant = 0x80 | (tail[0] & 0x3F)
    return (
        f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{sub:03x}-{variant:02x}{rest[2:4]}-{rest[4:]}"
    )
