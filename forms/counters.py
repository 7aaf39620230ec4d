"""Serial numbers: one counter row per pattern and period, incremented in the transaction of the save."""

from __future__ import annotations

import re

from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.field_types.auto import Auto
from forms.rows import MARK

_NEXT = (
    "INSERT INTO ff_counter (scope, value) VALUES ({mark}, 1) "
    "ON CONFLICT (scope) DO UPDATE SET value = ff_counter.value + 1 RETURNING value"
)
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
    scope = f"{app.key}.{form.key}.{kind.options.key}:{before}|{after}"
    row = work.row(_NEXT.format(mark=MARK[work.runtime.database.dialect]), (scope,))
    count = int(row[0]) if row else 1
    return f"{before}{count:0{width}d}{after}"


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
    scope = f"{app.key}.{form.key}.{kind.options.key}:{number[:start]}|{number[end:]}"
    work.run(_RAISE[work.runtime.database.dialect], (scope, int(found.group(1))))
