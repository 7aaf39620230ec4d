"""The diagram of a flow as SVG: nodes in layers, the path taken and the present position marked."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

from flows.compiled import CompiledFlow
from flows.graph import Edge
from flows.layout import Place, layout
from flows.nodes.node import Node
from flows.state import State

Locale = Literal["zh", "en"]
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 132, 48, 64, 36, 24
TAKEN, PLAIN, HERE = "#1677ff", "#98a2b3", "#fa8c16"
LONGEST_LABEL = 16
STYLE = (
    "text{font:13px sans-serif;fill:#1d2939;text-anchor:middle;dominant-baseline:middle}"
    "text.edge{font-size:11px;fill:#475467}"
)
WORDS: Mapping[str, Mapping[Locale, str]] = {
    "approve": {"zh": "同意", "en": "approve"},
    "reject": {"zh": "驳回", "en": "reject"},
    "default": {"zh": "否则", "en": "else"},
}


def diagram(flow: CompiledFlow, state: State, *, locale: Locale = "zh") -> str:
    """An SVG document of the graph with what `state` has passed and where it is."""
    graph, places = flow.graph, layout(flow.graph)
    taken = set(state.path)
    here = {visit.node for visit in state.visits} | {graph.edges[index].target for index in state.arrived}
    passed = {graph.edges[index].target for index in taken} | ({graph.start} if taken else set())
    width = MARGIN * 2 + (max(p.layer for p in places.values()) + 1) * (WIDTH + GAP_X) - GAP_X
    height = MARGIN * 2 + (max(p.row for p in places.values()) + 1) * (HEIGHT + GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(flow.label[locale])}</title>",
        f"<defs><style>{STYLE}</style>{_arrow('taken', TAKEN)}{_arrow('plain', PLAIN)}</defs>",
        *(_edge(edge, places, edge.index in taken, _edge_label(flow, edge, locale)) for edge in graph.edges),
        *(_node(node, places[key], _color(key, here, passed), locale) for key, node in graph.nodes.items()),
        "</svg>",
    ]
    return "\n".join(parts)


def _color(key: str, here: set[str], passed: set[str]) -> str:
    if key in here:
        return HERE
    return TAKEN if key in passed else PLAIN


def _arrow(name: str, color: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{color}"/></marker>'
    )


def _corner(place: Place) -> tuple[int, int]:
    return MARGIN + place.layer * (WIDTH + GAP_X), MARGIN + place.row * (HEIGHT + GAP_Y)


def _node(node: Node, place: Place, color: str, locale: Locale) -> str:
    x, y = _corner(place)
    label = node.label[locale]
    short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    weight = 1.5 if color == PLAIN else 2.5
    return (
        f'<g data-node="{escape(node.key)}" data-type="{node.type}"><title>{escape(label)}</title>'
        f"{_outline(node, x, y, color, weight)}"
        f'<text x="{x + WIDTH // 2}" y="{y + HEIGHT // 2}">{escape(short)}</text></g>'
    )


def _outline(node: Node, x: int, y: int, color: str, weight: float) -> str:
    paint = f'fill="#ffffff" stroke="{color}" stroke-width="{weight}"'
    if node.type in {"exclusive", "parallel", "join"}:
        middle_x, middle_y = x + WIDTH // 2, y + HEIGHT // 2
        points = f"{x},{middle_y} {middle_x},{y - 6} {x + WIDTH},{middle_y} {middle_x},{y + HEIGHT + 6}"
        return f'<polygon points="{points}" {paint}/>'
    radius = HEIGHT // 2 if node.type in {"start", "end"} else 6
    return f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="{radius}" {paint}/>'


def _edge_label(flow: CompiledFlow, edge: Edge, locale: Locale) -> str:
    if edge.index in flow.labels:
        return flow.labels[edge.index][locale]
    if edge.on is not None:
        return WORDS[edge.on][locale]
    if edge.default:
        return WORDS["default"][locale]
    condition = flow.conditions.get(edge.index)
    return condition.text() if condition is not None else ""


def _edge(edge: Edge, places: Mapping[str, Place], taken: bool, label: str) -> str:  # noqa: FBT001
    source, target = _corner(places[edge.source]), _corner(places[edge.target])
    name, color, weight = ("taken", TAKEN, 2.5) if taken else ("plain", PLAIN, 1.5)
    if target[0] > source[0]:
        start, end = (source[0] + WIDTH, source[1] + HEIGHT // 2), (target[0], target[1] + HEIGHT // 2)
        bend = max(GAP_X // 2, (end[0] - start[0]) // 3)
        path = (
            f"M{start[0]} {start[1]} C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
        )
    else:
        start = (source[0] + WIDTH // 2, source[1] + HEIGHT)
        end = (target[0] + WIDTH // 2, target[1] + HEIGHT)
        deep = max(start[1], end[1]) + GAP_Y
        path = f"M{start[0]} {start[1]} C{start[0]} {deep} {end[0]} {deep} {end[0]} {end[1]}"
    middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2 - 6)
    short = label if len(label) <= LONGEST_LABEL * 2 else f"{label[: LONGEST_LABEL * 2 - 1]}…"
    words = f'<text class="edge" x="{middle[0]}" y="{middle[1]}">{escape(short)}</text>' if label else ""
    return (
        f'<g data-edge="{edge.index}" data-taken="{str(taken).lower()}"><title>{escape(label)}</title>'
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{weight}" marker-end="url(#{name})"/>{words}</g>'
    )
