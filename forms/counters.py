"""Serial numbers: one counter row per pattern and period, incremented in the transaction of the save."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.definitions.app import CompiledApp
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.field_types.auto import Auto

_NEXT = (
    "INSERT INTO ff_counter (scope, value) VALUES ({mark}, {count:d}) "
    "ON CONFLICT (scope) DO UPDATE SET value = ff_counter.value + {count:d} RETURNING value"
)
RESERVED = "numbers reserved"
_RAISE = {
    "sqlite": (
        "INSERT INTO ff_counter (scope, value) VALUES (?, ?) "
        "ON CONFLICT (scope) DO UPDATE SET value = max(ff_counter.value, excluded.value)"
    ),
    "postgres": (
        "INSERT INTO ff_counter (scope, value) VALUES (%s, %s) "
        "ON CONFLICT (scope) DO UPDATE SET value = greatest(ff_counter.value, excluded.value)"
    ),
}


def next_number(work: UnitOfWork, app: CompiledApp, form: Form, kind: Auto) -> str:
    """The next serial number. Concurrent savers get different ones; a rolled-back save frees its own."""
    before, after, width = kind.split(work.now.astimezone(app.zone))
    scope = _scope(app, form, kind, before, after)
    return f"{before}{_next(work, scope):0{width}d}{after}"


def _scope(app: CompiledApp, form: Form, kind: Auto, before: str, after: str) -> str:
    """The counter of a field by its table and column: a field or form that gets another key counts on."""
    table, column = form.table.removeprefix(f"{app.key}_"), form.fields[kind.options.key].column
    return f"{app.key}.{table}.{column}:{before}|{after}"


def _next(work: UnitOfWork, scope: str) -> int:
    reserved: Reserved | None = work.memory.get(RESERVED)
    if reserved is None:
        return _raised(work, scope, 1)
    free = reserved.free.get(scope)
    if not free:
        last = _raised(work, scope, reserved.block)
        free = reserved.free[scope] = range(last - reserved.block + 1, last + 1)
    reserved.free[scope] = free[1:]
    return free[0]


def _raised(work: UnitOfWork, scope: str, count: int) -> int:
    """The last of the next `count` numbers."""
    row = work.row(_NEXT.format(mark=MARK[work.runtime.database.dialect], count=count), (scope,))
    return int(row[0]) if row else count


@dataclass(slots=True)
class Reserved:
    """Numbers taken in blocks by a transaction that saves many records, by counter."""

    block: int
    free: dict[str, range] = field(default_factory=dict)


@contextmanager
def reserving(work: UnitOfWork, count: int) -> Iterator[None]:
    """Take the numbers of about `count` new records with one statement. What is left over is given back: the
    counter is locked until this transaction ends, so nobody has gone on from it.
    """
    reserved = work.memory[RESERVED] = Reserved(max(1, count))
    try:
        yield
    finally:
        work.memory.pop(RESERVED, None)
    mark = MARK[work.runtime.database.dialect]
    for scope, free in reserved.free.items():
        if free:
            work.run(f"UPDATE ff_counter SET value = {mark} WHERE scope = {mark}", (free[0] - 1, scope))


def note_number(work: UnitOfWork, app: CompiledApp, form: Form, kind: Auto, number: str) -> None:
    """Let the counter go on after a number that was brought in (demo data, migration)."""
    head = re.escape(kind.options.pattern)
    for name in ("yyyyMMdd", "yyyyMM", "yyyy"):
        head = head.replace(re.escape("{" + name + "}"), rf"\d{{{len(name)}}}")
    shape = re.sub(r"\\\{(0+)\\\}", r"(\\d+)", head)
    found = re.fullmatch(shape, number)
    if found is None:
        return
    start, end = found.span(1)
    scope = _scope(app, form, kind, number[:start], number[end:])
    work.run(_RAISE[work.runtime.database.dialect], (scope, int(found.group(1))))
