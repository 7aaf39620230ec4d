"""Where the cells of a table come to stand: every place of the grid is taken, by a cell or by nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forms.printing.nodes import Element, Node


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell at column `x`; without an element it only fills a place."""

    element: Element | None
    x: int
    across: int = 1
    down: int = 1


def elements(nodes: Iterable[Node], *tags: str) -> list[Element]:
    """The elements among the nodes that have one of these tags."""
    return [node for node in nodes if isinstance(node, Element) and node.tag in tags]


def placed(rows: Sequence[Element]) -> list[list[Placed]]:
    """The cells of each row in order; a cell that reaches below the last row is cut there."""
    taken: set[tuple[int, int]] = set()
    found: list[list[Placed]] = []
    for line, row in enumerate(rows):
        here: list[Placed] = []
        x = 0
        for cell in elements(row.children, "td", "th"):
            across = int(cell.attributes.get("colspan", 1))
            down = min(int(cell.attributes.get("rowspan", 1)), len(rows) - line)
            while any((line, x + step) in taken for step in range(across)):
                x += 1
            taken |= {(line + below, x + step) for below in range(down) for step in range(across)}
            here.append(Placed(cell, x, across, down))
            x += across
        found.append(here)
    width = max((x + 1 for _, x in taken), default=1)
    return [_filled(here, line, taken, width) for line, here in enumerate(found)]


def _filled(here: list[Placed], line: int, taken: set[tuple[int, int]], width: int) -> list[Placed]:
    empty = [Placed(None, x) for x in range(width) if (line, x) not in taken]
    return sorted([*here, *empty], key=lambda each: each.x)


def width_of(rows: Iterable[Sequence[Placed]]) -> int:
    """How many columns rows need."""
    return max((each.x + each.across for row in rows for each in row), default=1)


def widened(rows: list[list[Placed]], width: int) -> list[list[Placed]]:
    """The rows of a part of a table whose other part has more columns."""
    own = width_of(rows)
    return [[*row, *(Placed(None, x) for x in range(own, width))] for row in rows]
