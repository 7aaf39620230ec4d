"""Records for people: JSON in and out, with the rights of who acts checked on every row and field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.access import Access
from forms.compiled import Form
from forms.deletion import delete
from forms.edits import Edit
from forms.environment import variables
from forms.intake import Intake
from forms.nested import brings_new, check_named
from forms.output import record_json, saved_json
from forms.plans import kept
from forms.reading_columns import Path
from forms.reading_plan import ReadingPlan, default_fields, make_plan
from forms.records import RecordNotFound
from forms.saving import is_latest


class DryRun(Exception):
    """Ends a dry run: everything worked, nothing is kept."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.answer = answer


def get_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, fields: list[Path] | None = None
) -> dict[str, Any]:
    """One record as the reader may see it. Raises Forbidden, RecordNotFound, UnknownField."""
    access = Access(work, app)
    plan = _one_plan(access, form, record, fields)
    known = variables(work, app, record_id=record)
    row = work.row(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    if row is None:
        raise RecordNotFound()
    return record_json(access, form, plan, [row])[0]


def _one_plan(access: Access, form: Form, record: str, fields: list[Path] | None) -> ReadingPlan:
    dialect = access.work.runtime.database.dialect
    grants = access.readable(form.key, record)
    if not grants:
        raise RecordNotFound()
    wanted_key = tuple(fields) if fields is not None else None
    key = ("one", form.key, dialect, access.key, grants.key, wanted_key)

    def make() -> ReadingPlan:
        wanted = fields if fields is not None else default_fields(form, grants, children=True)
        return make_plan(
            access.app,
            form,
            dialect,
            grants_of=access.seen,
            grants=grants,
            fields=wanted,
            by_id=True,
        )

    return kept(access.app, key, make)


def create_json(
    work: UnitOfWork, app: CompiledApp, form: Form, data: Any, *, dry_run: bool = False
) -> dict[str, Any]:
    """Save a new record. Raises Forbidden, ForbiddenField, Invalid; DryRun with the answer instead of saving."""
    access = Access(work, app)
    with work.in_one():
        record = Intake(access, form).create(data)
    return _answer(access, form, record, dry_run=dry_run)


def update_json(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    record: str,
    data: Any,
    *,
    if_match: int | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Change a record. `if_match` is strict; `base_version` in the body merges edits of different fields.

    Raises RecordNotFound, Forbidden, ForbiddenField, Invalid, RecordLocked, PreconditionFailed, FieldConflict.
    """
    access = Access(work, app)
    with work.in_one():
        saved = update_record(access, form, record, data, if_match=if_match)
    return _answer(access, form, saved, dry_run=dry_run)


def update_record(
    access: Access,
    form: Form,
    record: str,
    data: Any,
    *,
    if_match: int | None = None,
    held: records.Held | None = None,
) -> Record:
    """As `update_json`, with the saved record in memory form; `held` is the record if it is locked already."""
    grants = access.grants(form.key, "update")
    edit = Edit(access, form, grants, data, if_match)
    with edit.as_sent():
        if brings_new(access, form, data):
            records.ask(access.work, form, record, edit.bring, held=held)
            held = None  # what the new records set off may have changed it
        saved = records.update(access.work, form, record, {}, alter=edit.values, held=held)
    check_named(access, form, edit.data, saved, edit.room.made)
    access.check_written(edit.held, edit.written, saved)
    access.check_written(edit.importing, edit.written, saved)
    return saved


def delete_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, if_match: int | None = None
) -> None:
    """Move a record to the recycle bin; `if_match` is strict. Raises RecordNotFound, Forbidden,
    PreconditionFailed, RecordLocked, Referenced.
    """
    access = Access(work, app)
    if not access.sees(form, record):
        raise RecordNotFound()
    grants = access.demand(form.key, "delete")
    if not grants.unlimited and not any(access.flags(form, grants, record, write=True) or []):
        raise Forbidden()
    delete(work, form, record, if_match=if_match)


def many_json(access: Access, form: Form, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of the records that the reader may see, by id, with all fields and child rows."""
    work, app, dialect = access.work, access.app, access.work.runtime.database.dialect
    grants = access.seen(form.key)
    if not ids or not grants:
        return {}

    def make() -> ReadingPlan:
        wanted = default_fields(form, grants, children=True)
        return make_plan(app, form, dialect, grants_of=access.seen, fields=wanted, by_ids=True)

    plan = kept(app, ("many", form.key, dialect, access.key), make)
    known = variables(work, app, record_ids=tuple(ids))
    found = work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    return {each["id"]: each for each in record_json(access, form, plan, found)}


def _answer(access: Access, form: Form, record: Record, *, dry_run: bool) -> dict[str, Any]:
    """The record as its writer may read it; just its id when the writer may not."""
    answer = saved_json(access, form, record) if is_latest(access.work, record) else None
    if answer is None:
        try:
            answer = get_json(access.work, access.app, form, record["id"])
        except (RecordNotFound, Forbidden):
            answer = {"id": record["id"]}
    if dry_run:
        raise DryRun(answer)
    return answer
