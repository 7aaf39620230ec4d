"""Loops between rules, found before they run: what one writes makes another one fire."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import networkx as nx

from engine.definitions.context import Context
from engine.findings import text
from forms.compiled import Form
from rules.compiled import Rule
from rules.schema import RuleDocument

Place = tuple[str, str]
"""(form, field)."""
SAID = "said"
ANY, NEW = "*", "+"


@dataclass(frozen=True, slots=True)
class Write:
    """What one action writes. `creates`: the form of the new record; `settled`: fields set to a known value."""

    places: frozenset[Place]
    creates: str | None = None
    settled: Mapping[str, Hashable] = field(default_factory=dict)


def warn_of_loops(rules: Mapping[str, Rule], documents: Mapping[str, RuleDocument], context: Context) -> None:
    """One warning per group of rules that can make each other fire, with the shortest path around."""
    forms: Mapping[str, Form] = context.compiled.get("form", {})
    derived, ears = _derivations(forms), _Ears(rules.values())
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(rules)
    for key, rule in rules.items():
        for write in _writes(rule, documents[key]):
            for place, other in ears.woken(write, _spread(write.places, derived)):
                if not _rules_out(write, other):
                    graph.add_edge(key, other.key, **{SAID: ".".join(place)})
    for group in nx.strongly_connected_components(graph):
        if len(group) > 1 or any(graph.has_edge(key, key) for key in group):
            _warn(_shortest(graph.subgraph(group)), graph, context)


class _Ears:
    """Which rules listen to what: (form, field), (form, ANY field), (form, NEW record)."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._listening: dict[Place, list[Rule]] = {}
        for rule in rules:
            if rule.occasion is None:
                continue
            if "create" in rule.occasion.events:
                self._listening.setdefault((rule.form, NEW), []).append(rule)
            if "update" in rule.occasion.events:
                for name in rule.occasion.fields or (ANY,):
                    self._listening.setdefault((rule.form, name), []).append(rule)

    def woken(self, write: Write, places: Iterable[Place]) -> Iterator[tuple[Place, Rule]]:
        """Rules that `write` may fire, each with a place through which."""
        if write.creates is not None:
            yield from (
                (((write.creates, NEW), rule)) for rule in self._listening.get((write.creates, NEW), ())
            )
        for form, name in sorted(places):
            if write.creates == form and (form, name) in write.places:
                continue  # a field of the new record itself
            for ear in (name, ANY):
                yield from (((form, name), rule) for rule in self._listening.get((form, ear), ()))


def _writes(rule: Rule, document: RuleDocument) -> Iterator[Write]:
    for step, raw in zip(rule.steps, document.actions, strict=True):
        if step.action is None:
            continue
        places = step.action.writes()
        creates = str(raw.get("form")) if step.type == "create_record" else None
        values = raw.get("set", {}) if isinstance(raw.get("set"), dict) else {}
        known = {name: value for name, value in values.items() if isinstance(value, str | bool)}
        yield Write(places, creates, known)


def _rules_out(write: Write, rule: Rule) -> bool:
    """Whether the condition is false right after `write`, which sets a field to a value it does not allow."""
    if write.creates != rule.form and any(form != rule.form for form, _ in write.places):
        return False
    return any(
        name in rule.guards and value not in rule.guards[name] for name, value in write.settled.items()
    )


def _derivations(forms: Mapping[str, Form]) -> nx.DiGraph[Place]:
    """base -> derived, for what is stored and therefore noticed."""
    graph: nx.DiGraph[Place] = nx.DiGraph()
    for form in forms.values():
        for found in form.fields.values():
            here = (form.key, found.key)
            if not found.stored:
                continue
            if found.rollup is not None:
                for name in found.rollup.depends:
                    graph.add_edge((found.rollup.form, name), here)
            elif found.expression is not None:
                for path in found.expression.dependencies:
                    graph.add_edge((form.key, path[0]), here)
    return graph


def _spread(places: Iterable[Place], derived: nx.DiGraph[Place]) -> set[Place]:
    found = set(places)
    for place in places:
        if place in derived:
            found |= nx.descendants(derived, place)
    return found


def _shortest(graph: Any) -> list[str]:
    cycles = nx.simple_cycles(graph, length_bound=2)
    short = min(cycles, key=lambda cycle: (len(cycle), sorted(cycle)), default=None)
    if short is not None:
        return list(short)
    return [edge[0] for edge in nx.find_cycle(graph)]


def _warn(cycle: list[str], graph: nx.DiGraph[str], context: Context) -> None:
    start = cycle.index(min(cycle))
    ring = [*cycle[start:], *cycle[:start], cycle[start]]
    way = ring[0]
    for first, second in pairwise(ring):
        way += f" → {graph.edges[first, second][SAID]} → {second}"
    context.warn(
        "rule_loop",
        f"/rules/{ring[0]}",
        text(f"规则会互相触发：{way}。", f"These rules can trigger each other: {way}."),
        text(
            "请让其中一条的条件在写入后不再成立；运行时最多连锁 8 层。",
            "Let the condition of one of them become false by what is written; at run time a chain ends after 8 steps.",
        ),
    )
