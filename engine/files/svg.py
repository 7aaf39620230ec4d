"""Drawings as SVG are programs too: only those that draw and reach nothing outside are taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.parsers import expat

LARGEST = 2_000_000
DEEPEST = 200

_ACTIVE = frozenset(
    [
        "script",
        "foreignobject",
        "iframe",
        "embed",
        "object",
        "handler",
        "listener",
        "audio",
        "video",
        "canvas",
        "link",
        "meta",
        "base",
    ]
)
_MOVES = frozenset(["animate", "set", "animatetransform", "animatemotion"])
_OUTSIDE = re.compile(
    r"url\((?!\s*['\"]?\s*#)|@import|image-set\s*\(|\bsrc\s*\(|expression\s*\(|javascript:|-moz-binding",
    re.IGNORECASE,
)
_INNER = re.compile(r"\s*(?:#|data:image/(?:png|jpeg|gif|webp)[;,])", re.IGNORECASE)


class Unsafe(Exception):
    """The drawing holds something that would run or load; `args[0]` says what."""


def check_svg(path: Path) -> None:
    """Raises Unsafe for a drawing with scripts, handlers, references outside, or entities."""
    data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    if not data:
        raise Unsafe(f"more than {LARGEST} bytes")
    try:
        _parser(_Watch()).Parse(data, True)
    except expat.ExpatError as wrong:
        raise Unsafe(f"not well-formed: {wrong}") from None


class _Watch:
    """Looks at each element and attribute on the way."""

    def __init__(self) -> None:
        self.depth = 0
        self.style: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        name = _local(tag)
        if name == "style":
            self.style = []
        if self.depth == 1 and name != "svg":
            raise Unsafe(f"<{name}>")
        if name in _ACTIVE or self.depth > DEEPEST:
            raise Unsafe(f"<{name}>")
        for key, value in attributes.items():
            self._attribute(name, _local(key), value)

    def _attribute(self, element: str, name: str, value: str) -> None:
        if name.startswith("on") or name == "base":
            raise Unsafe(name)
        if name in ("href", "src") and not _INNER.match(value):
            raise Unsafe(f"{name}={value[:60]}")
        if element in _MOVES and name == "attributename" and _local(value) in ("href", "src"):
            raise Unsafe(f"<{element} {name}={value[:60]}>")
        if _OUTSIDE.search(value) or (name == "style" and "\\" in value):
            raise Unsafe(f"{name}={value[:60]}")

    def end(self, tag: str) -> None:
        self.depth -= 1
        if _local(tag) == "style" and self.style is not None:
            # whole: a comment may stand in the middle of a word
            sheet, self.style = "".join(self.style), None
            if _OUTSIDE.search(sheet) or "\\" in sheet:
                raise Unsafe(f"style: {sheet[:60]}")

    def text(self, data: str) -> None:
        if self.style is not None:
            self.style.append(data)

    def refuse(self, *given: Any) -> None:
        raise Unsafe("a document type, an entity or a processing instruction")


def _parser(watch: _Watch) -> Any:
    parser: Any = expat.ParserCreate(namespace_separator="|")
    parser.StartElementHandler = watch.start
    parser.EndElementHandler = watch.end
    parser.CharacterDataHandler = watch.text
    parser.EntityDeclHandler = watch.refuse
    parser.ProcessingInstructionHandler = watch.refuse
    parser.ExternalEntityRefHandler = watch.refuse
    parser.UnparsedEntityDeclHandler = watch.refuse
    return parser


def _local(name: str) -> str:
    return re.split(r"[|:]", name)[-1].lower()
