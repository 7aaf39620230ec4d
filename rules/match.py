"""Which rules a change may concern: an index built once, asked at every write. Pure.

By event, then by changed field, then by equality buckets: a rule whose condition can only hold
when `stage = "won"` is found under that value alone, so a thousand rules cost as much as the few
that stand in the bucket. What is found is a candidate: the caller still evaluates the condition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Guards = Mapping[str, frozenset[Hashable]]
NO_GUARDS: Guards = {}
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One rule as the index sees it.

    `events` are record events (create, update, delete, restore); `fields` narrows updates to those
    that change one of them (None: any); `guards` are the values a field must have for the
    condition to hold at all; `order` sorts what is found.
    """

    rule: T
    order: tuple[int, str]
    events: frozenset[str]
    fields: frozenset[str] | None = None
    guards: Guards = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """What happened to a record, as far as matching needs it."""

    name: str
    record: Mapping[str, Any]
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Buckets(Generic[T]):
    """Entries of one event or field: those for any record, in order, and those found by a value."""

    open: tuple[Entry[T], ...]
    by_value: tuple[tuple[str, Mapping[Hashable, tuple[Entry[T], ...]]], ...]

    def collect(self, record: Mapping[str, Any]) -> tuple[Entry[T], ...]:
        found = self.open
        for name, values in self.by_value:
            found += values.get(record.get(name), ())
        return found


@dataclass(frozen=True, slots=True)
class Index(Generic[T]):
    """The rules of one form and phase. `order` must be unique: priority, then key. `telling` are the fields
    that decide what is found for an event of a name: no other field moves it.
    """

    any_change: Mapping[str, _Buckets[T]]
    by_field: Mapping[str, _Buckets[T]]
    telling: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.any_change or self.by_field)


def build(entries: Iterable[Entry[T]]) -> Index[T]:
    """The index over `entries`."""
    any_change: dict[str, list[Entry[T]]] = {}
    by_field: dict[str, list[Entry[T]]] = {}
    for entry in entries:
        for event in entry.events:
            if event == "update" and entry.fields is not None:
                for name in entry.fields:
                    by_field.setdefault(name, []).append(entry)
            else:
                any_change.setdefault(event, []).append(entry)
    whole = {event: _buckets(group) for event, group in any_change.items()}
    fields = {name: _buckets(group) for name, group in by_field.items()}
    guarded = {name for each in (*whole.values(), *fields.values()) for name, _ in each.by_value}
    return Index(whole, fields, frozenset(guarded | fields.keys()))


def _buckets(entries: list[Entry[T]]) -> _Buckets[T]:
    # The field with most different values tells rules apart best.
    weight = Counter[str]()
    for name in {name for entry in entries for name in entry.guards}:
        weight[name] = len({value for entry in entries for value in entry.guards.get(name, ())})
    free: list[Entry[T]] = []
    guarded: dict[str, dict[Hashable, list[Entry[T]]]] = {}
    for entry in entries:
        if not entry.guards:
            free.append(entry)
            continue
        name = max(entry.guards, key=lambda each: (weight[each], each))
        values = guarded.setdefault(name, {})
        for value in entry.guards[name]:
            values.setdefault(value, []).append(entry)
    return _Buckets(
        tuple(sorted(free, key=_order)),
        tuple(
            (name, {value: tuple(group) for value, group in values.items()})
            for name, values in sorted(guarded.items())
        ),
    )


def match(index: Index[T], event: Event) -> list[T]:
    """The rules whose trigger fits and whose equality guards hold, in order of priority."""
    buckets = index.any_change.get(event.name)
    found = buckets.collect(event.record) if buckets is not None else ()
    moved = event.changed & index.by_field.keys() if event.name == "update" else ()
    if not moved:
        if buckets is not None and len(found) > len(buckets.open):
            found = tuple(sorted(found, key=_order))
        return [entry.rule for entry in found]
    known = {entry.order: entry.rule for entry in found}
    for name in moved:
        known.update([(entry.order, entry.rule) for entry in index.by_field[name].collect(event.record)])
    return [known[order] for order in sorted(known)]


def _order(entry: Entry[Any]) -> tuple[int, str]:
    return entry.order
