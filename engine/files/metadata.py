"""Pictures without what they say of time, place and camera; not a pixel is touched.

JPEG, PNG, WebP and GIF are sequences of blocks: those with metadata are left out, and what stands behind the
end too. How the picture must be turned stays, in an Exif block that holds nothing else.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from engine.files.images import BrokenPicture

_ENTROPY_END = re.compile(b"\xff[\x01-\xcf\xd8-\xfe]")
_METADATA_CHUNKS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")
_PNG = b"\x89PNG\r\n\x1a\n"
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(data: bytes, type_: str, turn: int) -> bytes:
    """The picture without metadata; `turn` is its Exif orientation, 1 to 8. Raises BrokenPicture."""
    try:
        return _STRIP[type_](data, turn)
    except (IndexError, ValueError, struct.error) as wrong:
        raise BrokenPicture(str(wrong)) from wrong


def _exif(turn: int) -> bytes:
    """An Exif block (TIFF) that says the orientation only; empty for an upright picture."""
    if turn not in range(2, 9):
        return b""
    return b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(">HxxI", turn, 0)


def _jpeg(data: bytes, turn: int) -> bytes:
    out = [data[:2]]
    exif = _exif(turn)
    if exif:
        block = b"Exif\x00\x00" + exif
        out.append(b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
    out += _segments(data)
    return b"".join(out)


def _segments(data: bytes) -> Iterator[bytes]:
    """What is kept of a JPEG, from behind its start to its end."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1  # markers may be padded
        if data[at] != 0xFF:
            raise ValueError("a marker is expected")
        marker = data[at + 1]
        if marker == 0xD9:
            yield data[at : at + 2]
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise ValueError("a segment is cut off")
        if _keeps(marker, data[at + 4 : at + 16]):
            yield data[at:end]
        at = end
        if marker == 0xDA:
            found = _ENTROPY_END.search(data, at)
            if found is None:
                raise ValueError("the end is missing")
            yield data[at : found.start()]
            at = found.start()


def _keeps(marker: int, begins: bytes) -> bool:
    """Whether a segment is part of the picture: JFIF, its colour profile, Adobe's transform, all tables."""
    if marker == 0xE2:
        return begins.startswith(b"ICC_PROFILE")
    return marker not in (*range(0xE1, 0xF0), 0xFE) or marker == 0xEE


def _png(data: bytes, turn: int) -> bytes:
    out, at = [_PNG], len(_PNG)
    if not data.startswith(_PNG):
        raise ValueError("not a PNG")
    while True:
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut off")
        if kind not in _METADATA_CHUNKS:
            out.append(data[at:end])
        if kind == b"IHDR" and (exif := _exif(turn)):
            body = b"eXIf" + exif
            out.append(struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body)))
        if kind == b"IEND":
            return b"".join(out)
        at = end


def _webp(data: bytes, turn: int) -> bytes:
    exif = _exif(turn)
    chunks = [chunk for chunk in _riff(data) if chunk[:4] not in (b"EXIF", b"XMP ")]
    if chunks and chunks[0][:4] == b"VP8X":
        flags = chunks[0][8] & ~0x0C | (0x08 if exif else 0)
        chunks[0] = chunks[0][:8] + bytes([flags]) + chunks[0][9:]
        if exif:
            chunks.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(data: bytes) -> Iterator[bytes]:
    end, at = min(len(data), 8 + int.from_bytes(data[4:8], "little")), 12
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise ValueError("a chunk is cut off")
        yield data[at : at + 8 + length] + (b"\0" if length % 2 else b"")
        at += 8 + length + length % 2


def _gif(data: bytes, _turn: int) -> bytes:
    at = 13 + _table(data[10])
    out = [data[:at]]
    while True:
        begin, kind = at, data[at]
        if kind == 0x3B:
            out.append(b"\x3b")
            return b"".join(out)
        if kind == 0x2C:
            at = _blocks_end(data, at + 10 + _table(data[at + 9]) + 1)
            out.append(data[begin:at])
        elif kind == 0x21:
            at = _blocks_end(data, at + 2)
            plain = data[begin + 1] in (0xF9, 0x01)
            if plain or (data[begin + 1] == 0xFF and data[begin + 3 : begin + 14] in _LOOPS):
                out.append(data[begin:at])
        else:
            raise ValueError("a block is expected")


def _table(packed: int) -> int:
    """Bytes of the colour table that the packed field announces."""
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


_STRIP: dict[str, Callable[[bytes, int], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
}
