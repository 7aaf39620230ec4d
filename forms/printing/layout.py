"""Filled templates as the data that page.typ lays out: lengths in numbers, tables in columns and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from forms.printing.grid import Placed, elements, placed, widened, width_of
from forms.printing.nodes import Counter, Element, Node, Picture, Words
from forms.printing.tags import BLOCKS, picture_of

LONG_CELL = 600
"""Letters of a cell that may be divided between two pages; a shorter one stays whole."""
RULE = {"width": 0.5, "colour": "#888888"}
WIDE = {"unit": "mm", "value": 40.0}


class Layout:
    """Makes the data of one print; pictures become files in its folder."""

    def __init__(self, folder: Path, content: Callable[[Picture], bytes | None]) -> None:
        self.folder = folder
        self.content = content
        self.pictures = 0

    def nodes(self, nodes: Iterable[Node], record: int) -> list[Any]:
        """The parts in order; `record` says whose pages are counted."""
        return [made for node in trimmed(nodes) for made in self._node(node, record)]

    def _node(self, node: Node, record: int) -> Iterator[Any]:
        match node:
            case Words():
                yield node.text
            case Counter():
                yield {"tag": node.of, "record": record}
            case Picture():
                yield self._picture(self.content(node), "webp", node.name, WIDE)
            case Element(tag="img"):
                yield self._drawn(node)
            case Element(tag="table"):
                yield self._table(node, record)
            case Element(tag="ul" | "ol"):
                items = [
                    self.nodes(_stripped(each.children), record) for each in elements(node.children, "li")
                ]
                yield {"tag": node.tag, "style": style_of(node.style), "items": items}
            case Element():
                inside = _stripped(node.children) if node.tag in BLOCKS else node.children
                children = self.nodes(inside, record)
                yield {"tag": node.tag, "style": style_of(node.style), "children": children}

    def _drawn(self, node: Element) -> Any:
        """A picture that the template brings along."""
        source = node.attributes.get("src", "")
        kind = "png" if source.startswith("data:image/png") else "jpg"
        width = style_of(node.style).get("width", WIDE)
        return self._picture(picture_of(source), kind, node.attributes.get("alt", ""), width)

    def _picture(self, content: bytes | None, kind: str, name: str, width: Any) -> Any:
        if content is None:
            return f"[{name}]"
        self.pictures += 1
        file = f"picture{self.pictures}.{kind}"
        (self.folder / file).write_bytes(content)
        return {"tag": "picture", "file": f"/{file}", "width": width, "alt": name}

    def _table(self, node: Element, record: int) -> dict[str, Any]:
        style = style_of(node.style)
        head = placed(_rows(elements(node.children, "thead")))
        rows = placed(_rows(each for each in elements(node.children, "tr", "tbody", "tfoot")))
        width = max(width_of(head), width_of(rows))
        rule = style.get("border", RULE)
        return {
            "tag": "table",
            "style": style,
            "rule": rule,
            "columns": _columns([*head, *rows], width, full="width" in style),
            "head": self._cells(widened(head, width), record, ruled=rule is not None),
            "rows": self._cells(widened(rows, width), record, ruled=rule is not None),
        }

    def _cells(self, rows: Iterable[Sequence[Placed]], record: int, *, ruled: bool) -> list[list[Any]]:
        return [[self._cell(each, record, ruled=ruled) for each in row] for row in rows]

    def _cell(self, cell: Placed, record: int, *, ruled: bool) -> dict[str, Any]:
        node = cell.element or Element("td")
        style = style_of(node.style)
        style.pop("width", None)
        return {
            "tag": node.tag,
            "style": style,
            "ruled": ruled,
            "colspan": cell.across,
            "rowspan": cell.down,
            "breakable": _length(node) > LONG_CELL,
            "children": self.nodes(_stripped(node.children), record),
        }


def trimmed(nodes: Iterable[Node]) -> list[Node]:
    """The nodes without the space around blocks, which only sets the lines of a template apart."""
    given = list(nodes)
    made: list[Node] = []
    for at, node in enumerate(given):
        if isinstance(node, Words):
            text = node.text
            if at > 0 and _is_block(given[at - 1]):
                text = text.lstrip(" ")
            if at + 1 < len(given) and _is_block(given[at + 1]):
                text = text.rstrip(" ")
            made += [Words(text)] if text else []
        else:
            made.append(node)
    return made


def _stripped(nodes: Iterable[Node]) -> list[Node]:
    """What is in a block, without space at its ends."""
    inside = list(nodes)
    while inside and isinstance(first := inside[0], Words) and not first.text.strip(" "):
        inside.pop(0)
    while inside and isinstance(last := inside[-1], Words) and not last.text.strip(" "):
        inside.pop()
    if inside and isinstance(first := inside[0], Words):
        inside[0] = Words(first.text.lstrip(" "))
    if inside and isinstance(last := inside[-1], Words):
        inside[-1] = Words(last.text.rstrip(" "))
    return inside


def _is_block(node: Node) -> bool:
    return isinstance(node, Element) and node.tag in BLOCKS | {"br"}


def _rows(parts: Iterable[Element]) -> list[Element]:
    """The rows among the parts of a table, and those inside of them."""
    return [row for part in parts for row in ([part] if part.tag == "tr" else elements(part.children, "tr"))]


def _columns(rows: Iterable[Sequence[Placed]], count: int, *, full: bool) -> list[Any]:
    """A width for each column: what a cell that spans it alone says, else the rest of a table with a width
    of its own, else as much as it needs.
    """
    widths: dict[int, Any] = {}
    for row in rows:
        for cell in row:
            if cell.element is not None and cell.across == 1:
                width = style_of(cell.element.style).get("width")
                if width is not None:
                    widths.setdefault(cell.x, width)
    return [widths.get(each, "rest" if full else None) for each in range(count)]


def _length(node: Node) -> int:
    if isinstance(node, Words):
        return len(node.text)
    return sum(_length(each) for each in node.children) if isinstance(node, Element) else 0


def style_of(style: Mapping[str, str]) -> dict[str, Any]:
    """Proven styles as page.typ knows them."""
    return {STYLES[name][0]: STYLES[name][1](value) for name, value in style.items()}


def _size(value: str) -> dict[str, Any]:
    if value.endswith("%"):
        return {"unit": "pct", "value": float(value[:-1])}
    return {"unit": "mm", "value": float(value.removesuffix("mm"))}


def _border(value: str) -> dict[str, Any] | None:
    if value == "none":
        return None
    width, _, colour = value.split(" ")
    return {"width": float(width.removesuffix("pt")), "colour": colour}


STYLES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "text-align": ("align", str),
    "vertical-align": ("valign", str),
    "font-size": ("size", lambda value: float(value.removesuffix("pt"))),
    "font-weight": ("bold", lambda value: value == "bold"),
    "text-decoration": ("decoration", str),
    "color": ("colour", str),
    "background-color": ("fill", str),
    "width": ("width", _size),
    "height": ("height", _size),
    "padding": ("padding", _size),
    "margin-top": ("above", _size),
    "margin-bottom": ("below", _size),
    "border": ("border", _border),
    "page-break-before": ("new_page", lambda _: True),
    "page-break-inside": ("keep", lambda _: True),
}
"""Property -> its name in page.typ, and how its value becomes data."""
