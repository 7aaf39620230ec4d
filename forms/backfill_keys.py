"""The job that fills new shadow columns of records that were there before: unique keys and blind indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine.connect.notifications import Notice, notify
from engine.definitions.app import CompiledApp
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler, Record
from engine.storage.database import INTEGRITY
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.by_table import form_of
from forms.compiled import Form, RowKind
from forms.environment import environment
from forms.evolution.moves import Moved
from forms.in_id_order import ids_after
from forms.records import load
from forms.shadows import fresh_shadows
from forms.uniques import unique_keys

CHUNK = 200
NAMED = 20
"""So many doubles are named one by one."""


class BackfillKeys(JobHandler):
    """Goes through a form in id order, a chunk per transaction.

    A row whose values another one has already stays outside the constraint; who published is told which,
    and the next day it is tried again, until no double is left.
    """

    type = "backfill_keys"

    def run(self, work: UnitOfWork, job: Job) -> None:
        payload = job.payload
        app = work.app(payload["app"])
        form = form_of(app, payload)
        columns = payload["columns"] if "table" in payload else _by_table(form, payload["columns"])
        ids = ids_after(work, form.table, payload["after"], limit=CHUNK)
        with work.as_system("engine"):
            found = [each for each in ids if _fill(work, app, form, each, columns)]
        doubles = [*payload["doubles"], *found]
        if len(ids) == CHUNK:
            enqueue(work, self.type, {**payload, "after": ids[-1], "doubles": doubles}, app=app.key)
        elif doubles:
            _tell(work, app, form, payload["by"], doubles)
            again = {**payload, "after": "", "doubles": []}
            enqueue(work, self.type, again, due=work.now + timedelta(days=1), app=app.key)


def arm(work: UnitOfWork, app: CompiledApp, before: Mapping[str, Form]) -> None:
    """Have the new shadow columns of all forms filled."""
    for key, form in app.kind("form").items():
        fresh = fresh_shadows(before[key], form) if key in before else {}
        if fresh:
            _enqueue(work, app, form, {child or "": list(names) for child, names in fresh.items()})


def arm_moved(work: UnitOfWork, app: CompiledApp, moved: Sequence[Moved]) -> None:
    """Have the shadow columns filled of rows that a publish made."""
    for each in moved:
        if each.row.shadows():
            _enqueue(work, app, each.form, {each.child: list(each.row.shadows())})


def _enqueue(work: UnitOfWork, app: CompiledApp, form: Form, columns: Mapping[str, list[str]]) -> None:
    named = {"app": app.key, "form": form.key, "table": form.table}
    payload = {**named, "columns": _by_table(form, columns), "by": work.principal.user}
    enqueue(work, BackfillKeys.type, {**payload, "after": "", "doubles": []}, app=app.key)


def _by_table(form: Form, columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Columns by table instead of by child table ("": the form itself)."""
    tables = {"": form.table, **{key: child.table for key, child in form.children.items()}}
    return {tables[child]: names for child, names in columns.items() if child in tables}


def _fill(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, columns: Mapping[str, list[str]]
) -> bool:
    """Write the keys of one record and its child rows; whether another row has one of them."""
    found = load(work, form, record, lock=True, deleted=True)
    double = False
    for kind, row, keys in _keys(work, app, form, found):
        wanted = set(columns.get(kind.table, ())) & keys.keys()
        if not wanted:
            continue
        try:
            with work.savepoint():
                rows.update(work, kind, row, (), {column: keys[column] for column in sorted(wanted)})
        except INTEGRITY:
            double = True
    return double


def _keys(
    work: UnitOfWork, app: CompiledApp, form: Form, record: Record
) -> Iterator[tuple[RowKind, Record, dict[str, Any]]]:
    yield form, record, unique_keys(form, record, environment(work, app))
    env = environment(work, app, parent=record)
    gone = record["deleted_at"] is not None
    for child in form.children.values():
        free = dict.fromkeys((rule.column for rule in child.uniques), None) if gone else {}
        for row in record[child.key]:
            yield child, row, {**unique_keys(child, row, env), **free}


def _tell(work: UnitOfWork, app: CompiledApp, form: Form, user: str, doubles: list[str]) -> None:
    """Tell who published the constraint which records break it."""
    label, count, named = form.label, len(doubles), "\n".join(doubles[:NAMED])
    title = f"{label['zh']}：{count} 条记录与已有记录重复 / {label['en']}: {count} records are doubles"
    body = (
        "新的唯一约束暂不包括这些记录，请修改它们。\n"
        f"The new unique constraint leaves these records out until they are corrected.\n{named}"
    )
    notify(work, [Notice(user, title, body, app.key, form.key, doubles[0], f"backfill_keys:{form.key}")])
