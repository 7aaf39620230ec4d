"""The record service: every save of a record, from any way in, passes here.

Values are in memory form; rights are the caller's business (`forms.api_records` for people). One save
computes, checks, writes the row and its child rows, one row of the change log, keeps rollups of other
records right, and calls the listeners, all in the transaction of `work` (`forms.saving`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Forbidden, NotFound
from engine.protocols import Record
from engine.storage.columns import decode_json
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.compiled import Form
from forms.compute import fill_defaults, live, saving
from forms.creating import Creating
from forms.environment import system_record
from forms.saving import keep_changed
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS

LetsPass = Callable[[Mapping[str, Any]], None]
Alter = Callable[[Record, LetsPass], Mapping[str, Any]]
"""Gives the changed values for the loaded record; it may ask early whether a flow's lock lets them pass."""


Held = tuple[Record, str | None, Any]
"""A loaded record, the flow instance that locks it, and who may edit what meanwhile."""


class RecordNotFound(NotFound):
    """There is no such record, or you may not see it."""

    code = "record_not_found"
    zh = "记录不存在，或您无权查看。"


class RecordLocked(EngineError):
    """The record is in approval and locked until the flow ends or returns it."""

    code = "record_locked"
    zh = "记录正在审批中，已锁定。"
    fix_zh = "请等待审批结束，或先撤回。"
    fix_en = "Wait for the approval to end, or withdraw it first."


class NotWritableInTask(Forbidden):
    """In this approval step you may not change this field."""

    code = "not_writable_in_task"
    zh = "在当前审批环节，您不能修改此字段。"


def load(work: UnitOfWork, form: Form, record: str, *, lock: bool = False, deleted: bool = False) -> Record:
    """One record in memory form with its child rows. Raises RecordNotFound.

    With `lock` no other writer can change it before this transaction ends.
    """
    found = load_held(work, form, record, lock="change" if lock else "none", deleted=deleted)
    if found is None:
        raise RecordNotFound()
    return found[0]


def load_held(
    work: UnitOfWork, form: Form, record: str, *, lock: rows.Lock, deleted: bool = False
) -> Held | None:
    """The record with the flow instance that locks it and who may edit what meanwhile."""
    row = rows.select_one(work, form, record, lock=lock, deleted=deleted)
    return _read(work, form, [row])[record] if row is not None else None


def load_many(work: UnitOfWork, form: Form, records: Sequence[str], *, lock: rows.Lock) -> dict[str, Held]:
    """The live ones of these records by id, as `load_held` gives them, in two statements and one per child
    table. Locks are taken in id order.
    """
    return _read(work, form, rows.select_many(work, form, records, lock=lock)) if records else {}


def _read(work: UnitOfWork, form: Form, found: Sequence[tuple[Any, ...]]) -> dict[str, Held]:
    app, dialect = work.app(form.app), work.runtime.database.dialect
    values = [rows.read_row(form, dialect, row) for row in found]
    for child in form.children.values():
        belonging: dict[str, list[Record]] = {each["id"]: [] for each in values}
        for parent, _, row in rows.select_children(work, child, list(belonging)):
            belonging[parent].append(row)
        for each in values:
            each[child.key] = belonging[each["id"]]
    return {
        each["id"]: (live(work, app, form, each), row[-2], decode_json(row[-1]))
        for each, row in zip(values, found, strict=True)
    }


def follow(work: UnitOfWork, app: CompiledApp, form: str, record: str) -> Record | None:
    """The record a reference names, kept for this transaction; None when it does not exist."""
    there, key = app.home(form)
    known = work.memory.setdefault("followed", {})
    place = (there.key, key, record)
    if place not in known:
        system = SYSTEM_FORMS.get(form)
        if system is not None:
            known[place] = system_record(work, system, record)
        else:
            known_form: Form | None = there.kind("form").get(key)
            found = load_held(work, known_form, record, lock="none") if known_form is not None else None
            known[place] = found[0] if found else None
    return known[place]  # type: ignore[no-any-return]


def create(
    work: UnitOfWork, form: Form, values: Mapping[str, Any], *, numbers: Mapping[str, str] | None = None
) -> Record:
    """Save a new record; `numbers` brings in serial numbers that exist already. Raises Invalid, and what
    listeners raise.
    """
    return Creating(work, work.app(form.app), form).create(values, numbers)


def update(
    work: UnitOfWork,
    form: Form,
    record: str,
    values: Mapping[str, Any],
    *,
    alter: Alter | None = None,
    held: Held | None = None,
) -> Record:
    """Save changed fields of a record. A child table in `values` is its whole new list of rows.

    With `alter` the values are asked for once the record is locked and loaded; `held` is the record if it is
    already. Raises RecordNotFound, RecordLocked, NotWritableInTask, Invalid, and what listeners raise.
    """
    app = work.app(form.app)
    before, lets_pass = _to_change(work, form, record, held)
    changes = alter(before, lets_pass) if alter is not None else values
    lets_pass(changes)
    save = saving(work, app, form, before, {**before, **changes})
    known = {row["id"] for child in form.children for row in before[child]}
    new_rows = {
        row["id"]: set(raw)
        for child in form.children
        if child in changes
        for row, raw in zip(save.after[child], changes[child] or [], strict=True)
        if row["id"] not in known
    }
    fill_defaults(save, set(changes), new_rows)
    return keep_changed(save, before)


def ask(
    work: UnitOfWork,
    form: Form,
    record: str,
    asked: Callable[[Record, LetsPass], None],
    *,
    held: Held | None = None,
) -> None:
    """Let `asked` look at a record that is to be changed, as `update` does with `alter`, before it is. Raises
    RecordNotFound, and what `asked` raises.
    """
    asked(*_to_change(work, form, record, held))


def _to_change(work: UnitOfWork, form: Form, record: str, held: Held | None) -> tuple[Record, LetsPass]:
    """The record, locked, and what refuses changes while a flow holds it. Raises RecordNotFound."""
    found = held or load_held(work, form, record, lock="change")
    if found is None:
        raise RecordNotFound()
    before, instance, editors = found
    return before, lambda changes: pass_lock(work, instance, editors, before, changes)


def pass_lock(
    work: UnitOfWork, instance: str | None, editors: Any, before: Record, changes: Mapping[str, Any]
) -> None:
    """Refuse a write to a record that a flow holds. Raises RecordLocked, NotWritableInTask."""
    if instance is None or work.holding == instance or work.source == "engine":
        return
    allowed = (editors or {}).get(work.principal.user)
    if allowed is None:
        raise RecordLocked()
    for key, value in changes.items():
        if key.partition(PART)[0] not in allowed and before.get(key) != value:
            raise NotWritableInTask(pointer=f"/{key}")
