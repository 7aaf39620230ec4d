"""What the bytes of a file are, whatever it is called: the first and the last of them are looked at."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from engine.files.media import OLE, PLAIN, SVG, UNKNOWN, XML, ZIP

HEAD = 256 * 1024
TAIL = 64 * 1024

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"AC10", "image/vnd.dwg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (257, b"ustar", "application/x-tar"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"dex\n", "application/java-archive"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
OFFICE = "application/vnd.openxmlformats-officedocument."
INSIDE: tuple[tuple[bytes, str], ...] = (
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
    (b"AndroidManifest.xml", "application/java-archive"),
    (b"classes.dex", "application/java-archive"),
    (b"OFD.xml", "application/ofd"),
    (b"word/", f"{OFFICE}wordprocessingml.document"),
    (b"xl/", f"{OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{OFFICE}presentationml.presentation"),
)
"""The names of files inside a zip archive that tell what it is."""

WITH_MACROS = {
    f"{OFFICE}wordprocessingml.document": "application/vnd.ms-word.document.macroEnabled.12",
    f"{OFFICE}spreadsheetml.sheet": "application/vnd.ms-excel.sheet.macroEnabled.12",
    f"{OFFICE}presentationml.presentation": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
}
_TYPES = b"[Content_Types].xml"
_MACROS = (b"macroenabled", b"vbaproject")
_MOST_TYPES = 1_000_000
_MOST_LISTS = 64
_MOST_UNPACKED = 8 * _MOST_TYPES
"""An honest file has one list of types, and one in each document that it holds; each costs the time to unpack it."""

_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_OPEN_DOCUMENT = re.compile(
    rb"mimetype(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation))"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_ROOT = re.compile(r"<([a-z][\w:.-]*)")
_PAGE_NAMES = "html head body script iframe title meta style link base object embed form xhtml"
_PAGE = frozenset(_PAGE_NAMES.split())


def sniff(path: Path) -> str:
    """The media type of the content; plain text of any kind is `text/plain`, what is not known
    `application/octet-stream`.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(len(head), path.stat().st_size - TAIL))
        tail = file.read()
    for offset, sign, found in SIGNATURES:
        if head.startswith(sign, offset):
            return found
    if head.startswith(b"MZ") and _is_program(head):
        return "application/x-msdownload"
    if head.startswith(b"BM") and len(head) > 18 and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "video/mp4")
    if head.startswith((_LOCAL, b"PK\x05\x06")):
        return _in_archive(head, tail)
    return _text_kind(head)


def _is_program(head: bytes) -> bool:
    """Text may begin with MZ too; a program says where its second header is."""
    at = int.from_bytes(head[60:64], "little")
    return head[at : at + 2] in (b"PE", b"NE", b"LE", b"LX") or b"\x00" in head[:64]


def _in_archive(head: bytes, tail: bytes) -> str:
    named = _OPEN_DOCUMENT.search(head[:200])
    if named is not None:
        return named.group(1).decode()
    names = list(_names(head, tail))
    found = next((found for name, found in INSIDE if any(each.startswith(name) for each in names)), ZIP)
    if found in WITH_MACROS and _has_macros(names, head, tail):
        return WITH_MACROS[found]
    return found


def _has_macros(names: Iterable[bytes], head: bytes, tail: bytes) -> bool:
    """Whether an office document holds programs, or says so in its list of types, by which office programs go. One
    with more lists than can be read in passing is taken for such a one.
    """
    if any(_MACROS[1] in each.lower() for each in names):
        return True
    unpacked = 0
    for number, listed in enumerate(chain(_listed_types(head), _listed_types(tail))):
        unpacked += len(listed)
        if number >= _MOST_LISTS or unpacked > _MOST_UNPACKED:
            return True
        text = listed.lower().replace(b"\x00", b"")  # without zeros, as it may be UTF-16
        if any(sign in text for sign in _MACROS):
            return True
    return False


def _listed_types(data: bytes) -> Iterator[bytes]:
    """The lists of types whose entries begin in a part of a file."""
    at = data.find(_TYPES)
    while at >= 0:
        start = at - 30  # the fixed part of an entry before its name
        if start >= 0 and data.startswith(_LOCAL, start):
            begins = at + len(_TYPES) + int.from_bytes(data[start + 28 : start + 30], "little")
            packed = int.from_bytes(data[start + 8 : start + 10], "little") == zipfile.ZIP_DEFLATED
            yield _unpacked(data[begins:], packed=packed)
        at = data.find(_TYPES, at + 1)


def _unpacked(data: bytes, *, packed: bool) -> bytes:
    if not packed:
        return data[:_MOST_TYPES]
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _MOST_TYPES)
    except zlib.error:
        return b""


def _names(head: bytes, tail: bytes) -> Iterator[bytes]:
    """Names in the local headers at the beginning and in the directory at the end."""
    for data, sign, at, fixed in ((head, _LOCAL, 26, 30), (head, _CENTRAL, 28, 46), (tail, _CENTRAL, 28, 46)):
        start = data.find(sign)
        while start >= 0:
            length = int.from_bytes(data[start + at : start + at + 2], "little")
            yield data[start + fixed : start + fixed + min(length, 200)]
            start = data.find(sign, start + 4)


def _text_kind(head: bytes) -> str:
    text = _decoded(head)
    if text is None:
        return UNKNOWN
    begins = text.lstrip("\ufeff \t\r\n").lower()
    if begins.startswith("#!"):
        return "text/x-script"
    if begins.startswith(("<?php", "<?=")):
        return "text/x-php"
    return _markup_kind(begins)


def _markup_kind(text: str) -> str:
    """By the first element, past declaration, comments and document type; `text` is in lower case."""
    declared = text.startswith("<?xml")
    while text.startswith(("<?", "<!")):
        if text.startswith("<!doctype html"):
            return "text/html"
        sign = "-->" if text.startswith("<!--") else "]>" if _has_subset(text) else ">"
        end = text.find(sign)
        if end < 0:
            return XML if declared else PLAIN
        text = text[end + len(sign) :].lstrip()
    root = _ROOT.match(text)
    name = root.group(1).rpartition(":")[2] if root is not None else ""
    if name == "svg":
        return SVG
    return "text/html" if name in _PAGE else XML if declared else PLAIN


def _has_subset(text: str) -> bool:
    """Whether a document type has declarations of its own, between brackets."""
    return text.startswith("<!doctype") and "[" in text.partition(">")[0]


def _decoded(head: bytes) -> str | None:
    """The beginning as text, or None when it is none. The last sign may be cut in two."""
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        for cut in range(4):
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return None if _CONTROL.search(text) else text
    return None
