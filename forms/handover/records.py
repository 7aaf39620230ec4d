"""`records`: every field of every form that names a person: owner, user and users fields, those of child rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions.app import CompiledApp
from engine.findings import text
from engine.identity.handover.belonging import Belonging, Place
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.access import Access
from forms.compiled import Field, Form, Named, RowKind, compiled_form
from forms.environment import environment
from forms.links import naming_params, naming_text
from forms.listing import read_filter
from forms.shape import PART
from forms.tables import PARENT, quoted

USER = "user"
OWNER = "owner"
ESCAPES = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Records(Belonging):
    """A place is one field of one form, `lines.checker` for one of child rows. A thing is a record."""

    type = "records"
    rank = 10

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        return [
            place
            for key in work.runtime.app_keys(work)
            for form in work.app(key).kind("form").values()
            for place in _places(work, work.app(key), form, user)
        ]

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        form, row, field = _field(work, place)
        wanted, params = _naming(work, form, row, field, user)
        mark = MARK[work.runtime.database.dialect]
        statement = (
            f"SELECT r.{quoted('id')} FROM {quoted(form.table)} r WHERE {wanted} AND r.{quoted('id')} > {mark} "
            f"AND r.{quoted('deleted_at')} IS NULL ORDER BY r.{quoted('id')} LIMIT {limit}"
        )
        return [found[0] for found in work.rows(statement, (*params, after))]

    def fits(self, work: UnitOfWork, place: Place, thing: str, where: str) -> bool:
        form, _, _ = _field(work, place)
        app = work.app(form.app)
        condition = read_filter(Access(work, app), form, where)
        if condition is None or not thing:
            return condition is None
        record = records.load(work, form, thing)
        return condition.holds(record, environment(work, app))

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        return {"rows": _exchange(work, place, thing, user, to, None)}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        return bool(_exchange(work, place, thing, to, user, before["rows"]))


def _places(work: UnitOfWork, app: CompiledApp, form: Form, user: str) -> Iterator[Place]:
    for name, row, field in _naming_fields(form):
        wanted, params = _naming(work, form, row, field, user)
        statement = (
            f"SELECT count(*) FROM {quoted(form.table)} r WHERE {wanted} AND r.{quoted('deleted_at')} IS NULL"
        )
        counted = work.rows(statement, params)[0][0]
        if counted:
            label = text(
                f"{form.label['zh']} · {field.label['zh']}", f"{form.label['en']} · {field.label['en']}"
            )
            yield Place(Records.type, label, int(counted), app=app.key, form=form.key, field=name)


def _naming_fields(form: Form) -> Iterator[tuple[str, RowKind, Field]]:
    """The fields that name people and that people choose; who created and changed a record is history."""
    for row in (form, *form.children.values()):
        for field in row.fields.values():
            chosen = not field.system or field.key == OWNER
            if (
                chosen
                and field.stored
                and USER in field.targets
                and not field.parts
                and PART not in field.key
            ):
                yield (field.key if row is form else f"{row.key}.{field.key}"), row, field


def _field(work: UnitOfWork, place: Place) -> tuple[Form, RowKind, Field]:
    form = compiled_form(work.app(str(place.app)), str(place.form))
    child, _, key = str(place.field).rpartition(".")
    row = form.children[child] if child else form
    return form, row, row.fields[key]


def _naming(
    work: UnitOfWork, form: Form, row: RowKind, field: Field, user: str
) -> tuple[str, tuple[str, ...]]:
    """Driver-ready condition on the record `r`, and its parameters."""
    dialect = work.runtime.database.dialect
    alias = "r" if row is form else "c"
    if field.several and not field.linked:  # a JSON list beside no link table: ids stand in it quoted
        column = f"CAST({alias}.{quoted(field.column)} AS TEXT)"
        wanted = f"{column} LIKE {MARK[dialect]} ESCAPE '\\'"
        params: tuple[str, ...] = (f'%"{user.translate(ESCAPES)}"%',)
    else:
        named = Named(USER, user)
        wanted, params = naming_text(row, field, alias, dialect), naming_params(field, named)
    if row is form:
        return wanted, params
    children = f"SELECT c.{quoted(PARENT)} FROM {quoted(row.table)} c WHERE {wanted}"
    return f"r.{quoted('id')} IN ({children})", params


def _exchange(
    work: UnitOfWork, place: Place, record: str, user: str, to: str, only: list[str | None] | None
) -> list[str | None]:
    """Put `to` where `user` stands in the field; the ids of the child rows changed, [None] for the record
    itself, [] when `user` stands there no more. `only` these rows. A flow that holds the record is passed.
    """
    form, row, field = _field(work, place)
    held = records.load_held(work, form, record, lock="change")
    if held is None:
        raise records.RecordNotFound()
    before, instance, _ = held
    with work.acting(work.principal, work.source, holding=instance):
        if row is form:
            value = _put(field, before[field.key], user, to)
            if value == before[field.key]:
                return []
            records.update(work, form, record, {field.key: value}, held=held)
            return [None]
        rows, changed = [], []
        for each in before[row.key]:
            value = _put(field, each[field.key], user, to)
            if value != each[field.key] and (only is None or each["id"] in only):
                changed.append(each["id"])
                rows.append({**each, field.key: value})
            else:
                rows.append(each)
        if changed:
            records.update(work, form, record, {row.key: rows}, held=held)
        return changed


def _put(field: Field, value: Any, user: str, to: str) -> Any:
    """The value with `to` in the place of `user`; in a list everybody stands once."""
    if value is None or not field.names(value, Named(USER, user)):
        return value
    if not field.several:
        return to
    return tuple(dict.fromkeys(to if each == user else each for each in value))
