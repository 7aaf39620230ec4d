"""Identifiers: UUID version 7 as text, ordered by time."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as 36 characters; later calls of one process sort after earlier ones."""
    global _last
    stamp = time.time_ns() >> 8  # 256 ns ticks: the 12 bits below the millisecond keep order in bursts
    with _lock:
        stamp = max(stamp, _last + 1)
        _last = stamp
    milliseconds, fraction = divmod(stamp << 8, 1_000_000)
    sub = (fraction << 12) // 1_000_000
    tail = os.urandom(8)
    variant = 0x80 | (tail[0] & 0x3F)
    return (
        f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{sub:03x}-"
        f"{variant:02x}{tail[1]:02x}-{tail[2:].hex()}"
    )
