"""The answer of the store: one group per combination of dimension values, at the level it was grouped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.planned import ReportPlan

Labels = Mapping[tuple[int, Any], str | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Values of one group. `keys` has one entry per dimension (None where `level` does not hold it)."""

    level: frozenset[int]
    keys: tuple[Any, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of a report in the order of the store, and the names of what the keys refer to."""

    rows: tuple[Group, ...]
    labels: Labels = field(default_factory=dict)

    def at(self, level: Iterable[int]) -> list[Group]:
        """The groups of one level."""
        wanted = frozenset(level)
        return [group for group in self.rows if group.level == wanted]


def ordered(groups: Iterable[Group], plan: ReportPlan, labels: Labels) -> list[Group]:
    """The groups by the report's sort, then by all dimensions; empty values last, text by code point.

    The same order that the compiled SQL gives; used where rows are added or turned afterwards.
    """
    result = list(groups)
    positions = {each.id: i for i, each in enumerate(plan.dimensions)}
    measures = {each.id: i for i, each in enumerate(plan.measures)}
    steps = [(step.by, step.desc) for step in plan.sort]
    named = {by for by, _desc in steps}
    steps += [(each.id, False) for each in plan.dimensions if each.id not in named]
    for by, desc in reversed(steps):
        if by in positions:
            rank = _Rank(plan, positions[by], labels)
            result.sort(key=rank.of, reverse=desc)
            result.sort(key=rank.missing)
        else:
            place = measures[by]
            result.sort(
                key=lambda group: group.values[place] if group.values[place] is not None else 0, reverse=desc
            )
            result.sort(key=lambda group: group.values[place] is None)
    return result


class _Rank:
    """How values of one dimension compare: choices as their options stand, references by name."""

    def __init__(self, plan: ReportPlan, position: int, labels: Labels) -> None:
        self.position = position
        self._labels = labels
        options = plan.dimensions[position].type.options
        self._options = {key: i for i, key in enumerate(options)} if options else None
        self._refers = plan.dimensions[position].type.kind == "ref"

    def of(self, group: Group) -> Any:
        """A sort key; what is missing comes last whatever this says."""
        value = group.keys[self.position]
        if value is None:
            return ()
        if self._options is not None:
            return (self._options.get(value, len(self._options)), value)
        if self._refers:
            return (self._labels.get((self.position, value)) or "", value)
        return (value,)

    def missing(self, group: Group) -> int:
        """References without a name after those with one, empty values after all."""
        value = group.keys[self.position]
        if value is None:
            return 2
        return int(self._refers and self._labels.get((self.position, value)) is None)
