"""Names of files as people gave them: shown and sent in headers, never part of a path."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 200
NAMELESS = "file"

_SEPARATOR = re.compile(r"[/\\]")
_UNSEEN = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._()+-]")


def clean_name(given: str) -> str:
    """The last part of what a client calls a path, without signs that cannot be seen or turn the reading
    direction (`fdp.exe` must not look like `exe.pdf`), at most 200 characters with its extension kept.
    """
    last = _SEPARATOR.split(unicodedata.normalize("NFC", given))[-1]
    name = " ".join(_UNSEEN.sub("", last).split()).strip(". ")
    if len(name) > LONGEST:
        extension = extension_of(name)
        tail = f".{extension}" if extension else ""
        name = name[: LONGEST - len(tail)].rstrip(". ") + tail
    return name or NAMELESS


def extension_of(name: str) -> str:
    """What follows the last dot, in lower case; empty when that is no extension."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and last.isascii() and last.isalnum() and len(last) <= 10 else ""


def with_extension(name: str, extension: str) -> str:
    """The name with another extension."""
    old = extension_of(name)
    return f"{name.removesuffix(f'.{name[-len(old) :]}') if old else name}.{extension}"


def disposition(name: str, *, inline: bool) -> str:
    """The header Content-Disposition (RFC 6266): plain signs for old clients, UTF-8 for the others."""
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode())
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
