"""Formatted text of a record as parts of a printed page: what a template could say itself, nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

from forms.printing.nodes import BREAK, Element, Node, Words
from forms.printing.tags import ATTRIBUTES, STYLES, TAGS, VOID, fits

AS: dict[str, str] = {
    **dict.fromkeys(("a", "abbr", "code", "kbd", "q", "mark"), "span"),
    **dict.fromkeys(("figure", "figcaption", "pre", "caption"), "div"),
    "ins": "u",
    "del": "s",
}
"""Tags that a template does not have, and what they look like on paper."""
LEFT_OUT = frozenset({"img", "col", "colgroup"})


def rich_parts(html: str) -> tuple[Node, ...]:
    """The parts of cleaned HTML; pictures from elsewhere are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.done()


def rich_words(html: str) -> str:
    """Its words alone, a line for each block."""
    return "\n".join(line for line in _lines(rich_parts(html)) if line)


def _lines(nodes: tuple[Node, ...]) -> list[str]:
    lines = [""]
    for node in nodes:
        if isinstance(node, Words):
            lines[-1] += node.text
        elif node == BREAK:
            lines.append("")
        elif isinstance(node, Element):
            inner = _lines(node.children)
            if node.tag in {"span", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup"}:
                lines[-1] += inner[0]
                lines += inner[1:]
            else:
                lines += [*inner, ""]
    return [line.strip() for line in lines]


class _Reader(HTMLParser):
    """The HTML is well formed: it was cleaned when it was saved."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, Element, list[Node]]] = [("", Element("div"), [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LEFT_OUT:
            return
        name = AS.get(tag, tag if tag in TAGS else "span")
        given = {key: value or "" for key, value in attrs}
        known = ATTRIBUTES.get(name, {})
        attributes = {
            key: value for key, value in given.items() if key in {"colspan", "rowspan"} and key in known
        }
        attributes = {key: value for key, value in attributes.items() if fits(known[key], value)}
        element = Element(name, (), attributes, _style(given.get("style", "")))
        if name in VOID:
            self.stack[-1][2].append(element)
        else:
            self.stack.append((tag, element, []))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == each for each, _, _ in self.stack[1:]):
            while self._finish() != tag:
                pass

    def handle_data(self, data: str) -> None:
        inside = self.stack[-1][1].tag
        if data.strip() or inside not in {"table", "thead", "tbody", "tfoot", "tr", "ul", "ol"}:
            self.stack[-1][2].append(Words(data.replace("\n", " ")))

    def done(self) -> tuple[Node, ...]:
        while len(self.stack) > 1:
            self._finish()
        return tuple(self.stack[0][2])

    def _finish(self) -> str:
        tag, element, children = self.stack.pop()
        self.stack[-1][2].append(Element(element.tag, tuple(children), element.attributes, element.style))
        return tag


def _style(given: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in given.lower().split(";"))
    wanted = {name.strip(): value.strip() for name, _, value in pairs}
    return {
        name: value
        for name, value in wanted.items()
        if name in {"color", "background-color", "text-align"} and fits(STYLES[name], value)
    }
