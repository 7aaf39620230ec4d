"""Printed records as one HTML page. Everything that came from a record is escaped; nothing is loaded."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from forms.printing.fill import Printed
from forms.printing.nodes import Counter, Element, Node, Picture, Words
from forms.printing.schema import Page, PaperSize
from forms.printing.tags import VOID

if TYPE_CHECKING:
    from collections.abc import Callable

    Content = Callable[[Picture], bytes | None]

LANG = {"zh": "zh-CN", "en": "en"}
STYLE = """
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; line-height: 1.5; margin: 0 auto; }
h1 { font-size: 1.8em; } h2 { font-size: 1.4em; } h3 { font-size: 1.2em; } h4 { font-size: 1.1em; }
h1, h2, h3, h4, h5, h6 { margin: .5em 0; } p { margin: .4em 0; }
table { border-collapse: collapse; margin: .5em 0; } tr { page-break-inside: avoid; }
th, td { border: .5pt solid #888888; padding: 1.2mm 1.6mm; vertical-align: top; }
th { background-color: #eeeeee; text-align: left; } table[style*="border: none"] > * > tr > * { border: none; }
small { font-size: .85em; } img { max-width: 100%; }
.band { display: flex; font-size: .85em; color: #555555; } .band > * { flex: 1; }
.band > :nth-child(2) { text-align: center; } .band > :last-child { text-align: right; }
.record + .record { page-break-before: always; }
"""


def html_page(records: Sequence[Printed], content: Content) -> str:
    """A page with the records in order; a browser prints each from a new page. `content` gives pictures."""
    first = records[0]
    parts = "".join(_record(each, content) for each in records)
    return (
        f'<!doctype html>\n<html lang="{LANG[first.language]}"><head><meta charset="utf-8">'
        f"<title>{escape(first.title)}</title><style>{STYLE}{_paper(first.page)}</style></head>"
        f"<body>{parts}</body></html>\n"
    )


def _paper(page: Page) -> str:
    size = page.size
    named = f"{size.width}mm {size.height}mm" if isinstance(size, PaperSize) else f"{size} {page.orientation}"
    margins = page.margins
    around = f"{margins.top}mm {margins.right}mm {margins.bottom}mm {margins.left}mm"
    screen = f"@media screen {{ body {{ max-width: 190mm; padding: {around}; }} }}"
    return f"@page {{ size: {named}; margin: {around}; }} body {{ font-size: {page.font_size}pt; }} {screen}"


def _record(printed: Printed, content: Content) -> str:
    header, footer = (_band(sides, content) for sides in (printed.header, printed.footer))
    return f'<div class="record">{header}{"".join(_nodes(printed.body, content))}{footer}</div>'


def _band(sides: Mapping[str, Iterable[Node]], content: Content) -> str:
    """A header or footer, once for a record: on the screen there is one long page."""
    said = ["".join(_nodes(sides.get(side, ()), content)) for side in ("left", "center", "right")]
    return f'<div class="band">{"".join(f"<div>{each}</div>" for each in said)}</div>' if any(said) else ""


def _nodes(nodes: Iterable[Node], content: Content) -> Iterator[str]:
    for node in nodes:
        match node:
            case Words():
                yield escape(node.text)
            case Counter():
                yield "1"
            case Picture():
                yield _picture(node, content)
            case Element():
                yield _element(node, content)


def _element(node: Element, content: Content) -> str:
    style = "; ".join(f"{name}: {value}" for name, value in node.style.items())
    said = {**node.attributes, **({"style": style} if style else {})}
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in said.items())
    if node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    return f"<{node.tag}{attributes}>{''.join(_nodes(node.children, content))}</{node.tag}>"


def _picture(node: Picture, content: Content) -> str:
    found = content(node)
    if found is None:
        return escape(f"[{node.name}]")
    data = base64.b64encode(found).decode()
    return f'<img alt="{escape(node.name)}" style="width: 40mm" src="data:image/webp;base64,{data}">'
