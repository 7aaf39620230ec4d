"""The HTML of print templates: which tags, attributes and styles there are, and what may stand in what."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

INLINE = frozenset({"span", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "br", "img"})
BLOCKS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "table", "ul", "ol", "hr", "blockquote"})
VOID = frozenset({"br", "hr", "img"})


@dataclass(frozen=True, slots=True)
class Content:
    """What may stand somewhere: which tags, and whether words may."""

    tags: frozenset[str]
    words: bool


FLOW = Content(BLOCKS | INLINE, words=True)
PHRASE = Content(INLINE, words=True)
TABLE = Content(frozenset({"thead", "tbody", "tfoot", "tr"}), words=False)
SECTION = Content(frozenset({"tr"}), words=False)
ROW = Content(frozenset({"td", "th"}), words=False)
LIST = Content(frozenset({"li"}), words=False)
PLAIN = Content(frozenset(), words=True)
"""Headers, footers and names of files: words without tags."""

INSIDE: Mapping[str, Content] = {
    **dict.fromkeys(("div", "td", "th", "li", "blockquote"), FLOW),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "p", *INLINE - VOID), PHRASE),
    **dict.fromkeys(("thead", "tbody", "tfoot"), SECTION),
    **dict.fromkeys(("ul", "ol"), LIST),
    "table": TABLE,
    "tr": ROW,
}
TAGS = frozenset(INSIDE) | VOID

ALIGN = r"left|center|right|justify"
WIDTH = r"(100|[1-9]?\d)(\.\d+)?%|\d{1,3}(\.\d+)?mm"
_SPAN = r"[1-9]|[1-4]\d|50"
_PICTURE = r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]{1,400000}"

ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    **{tag: {"align": ALIGN} for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div")},
    **{
        tag: {
            "align": ALIGN,
            "colspan": _SPAN,
            "rowspan": _SPAN,
            "width": WIDTH,
            "valign": "top|middle|bottom",
        }
        for tag in ("td", "th")
    },
    "table": {"width": WIDTH},
    "img": {"src": _PICTURE, "alt": r"[^<>]{0,200}", "width": WIDTH},
}
"""Tag -> attribute -> pattern of its values; `style` is allowed everywhere."""

_COLOUR = r"#[0-9a-f]{3}|#[0-9a-f]{6}"
_MILLIMETRES = r"\d{1,3}(\.\d+)?mm"
STYLES: Mapping[str, str] = {
    "text-align": ALIGN,
    "vertical-align": "top|middle|bottom",
    "font-size": r"([5-9]|[1-6]\d|7[0-2])(\.\d+)?pt",
    "font-weight": "bold|normal",
    "text-decoration": "underline|line-through|none",
    "color": _COLOUR,
    "background-color": _COLOUR,
    "width": WIDTH,
    "height": _MILLIMETRES,
    "padding": _MILLIMETRES,
    "margin-top": _MILLIMETRES,
    "margin-bottom": _MILLIMETRES,
    "border": rf"none|\d(\.\d+)?pt solid ({_COLOUR})",
    "page-break-before": "always",
    "page-break-inside": "avoid",
}
"""Property -> pattern of its values."""

SAME_STYLE = {"align": "text-align", "valign": "vertical-align", "width": "width"}
"""Attributes that are another spelling of a style."""


def fits(pattern: str, value: str) -> bool:
    """Whether a whole value has this pattern."""
    return re.fullmatch(pattern, value) is not None


def picture_of(source: str) -> bytes | None:
    """The content of a picture in an address that holds it; None when it is broken."""
    try:
        return base64.b64decode(re.sub(r"\s", "", source.partition(",")[2]), validate=True)
    except binascii.Error:
        return None
