"""Pictures of the demo: each a plain card in a colour of its own, so that no two have the same content."""

from __future__ import annotations

import hashlib
import struct
import zlib

from engine.files import uploads
from engine.files.inspect import inspect
from engine.files.names import clean_name
from engine.files.opened import scratch, store_of
from engine.storage.unit_of_work import UnitOfWork

WIDTH, HEIGHT = 160, 120


def store_picture(work: UnitOfWork, name: str) -> str:
    """The id of the picture of this name, as if the camera had just taken it."""
    with scratch(work.runtime.settings) as path:
        path.write_bytes(picture(name))
        facts = inspect(path, clean_name(name))
        file = uploads.begin(work, facts.name, facts.size, "camera")
        store_of(work.runtime).put(file.place, path)
    return uploads.settle(work, file.id, facts).id


def picture(name: str) -> bytes:
    """A PNG of one colour that says its name inside."""
    colour = hashlib.sha256(name.encode()).digest()[:3]
    line = b"\x00" + colour * WIDTH
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)),
        (b"tEXt", b"Title\x00" + name.encode("latin-1", "replace")),
        (b"IDAT", zlib.compress(line * HEIGHT)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
