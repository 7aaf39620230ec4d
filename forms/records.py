"""The record service: every save of a record, from any way in, passes here.

Values are in memory form; rights are the caller's business (`forms.api_records` for people). One save
computes, checks, writes the row and its child rows, one row of the change log, keeps rollups of other
records right, and calls the listeners, all in the transaction of `work`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.ids import new_id
from engine.protocols import Operation, Record, RecordChange
from engine.storage.columns import decode_json
from engine.storage.database import INTEGRITY
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.checks import check
from forms.compiled import Form
from forms.compute import Saving, compute, fill_defaults, live, number, saving
from forms.diff import diff
from forms.environment import system_record
from forms.listening import listening
from forms.rollups import lock_parents, refresh
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS
from forms.tables import ORDER, PARENT
from forms.uniques import double_of, unique_keys

COUNTING = ("sum", "count", "distinct")
"""Aggregates that are 0, not empty, when nothing refers to a record."""

Alter = Callable[[Record, Callable[[Mapping[str, Any]], None]], Mapping[str, Any]]
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


class RevisionConflict(Conflict):
    """Somebody else changed this record meanwhile."""

    code = "revision_conflict"
    zh = "该记录已被他人修改。"


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
    app = work.app(form.app)
    record = {
        **_counted(form),
        "owner": work.principal.user,
        "dept": work.principal.dept,
        "created_at": work.now,
        **values,
        **(numbers or {}),
        "id": values.get("id") or new_id(),
        "rev": 1,
        "created_by": work.principal.user,
        "updated_at": work.now,
        "updated_by": work.principal.user,
    }
    save = saving(work, app, form, None, record)
    given = set(values) | set(numbers or ())
    new_rows = {
        row["id"]: set(raw)
        for child in form.children
        for row, raw in zip(save.after[child], values.get(child) or [], strict=True)
    }
    fill_defaults(save, given, new_rows)
    return _save(save, "create")


def _counted(form: Form) -> dict[str, int]:
    """The rollups of a record that nothing refers to yet."""
    fields = form.fields.values()
    return form.once(
        "counted", lambda: {each.key: 0 for each in fields if each.rollup and each.rollup.agg in COUNTING}
    )


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
    found = held or load_held(work, form, record, lock="change")
    if found is None:
        raise RecordNotFound()
    before, instance, editors = found

    def lets_pass(changes: Mapping[str, Any]) -> None:
        pass_lock(work, instance, editors, before, changes)

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
    return _save(save, "update")


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


def _save(save: Saving, op: Operation) -> Record:
    """Compute, check and write; then the log, other records, and the listeners."""
    work, form = save.work, save.form
    compute(save)
    change = RecordChange(save.app, form.key, save.after["id"], op, save.before, save.after)
    change.changed = changed_fields(save)
    if op == "update" and not change.changed:
        return save.after
    listeners = listening(work, change)
    if listeners:
        seen = dict(save.after) if form.plain else None
        for listener in listeners:
            listener.before_save(work, change)
        if seen != save.after:
            compute(save)
            change.changed = changed_fields(save)
    findings = check(save)
    if findings:
        raise Invalid(findings)
    if op == "create":
        lock_parents(work, save.app, form, change)
        number(save)
    if op == "update":
        save.after["rev"] = (save.before or {})["rev"] + 1
        save.after["updated_at"], save.after["updated_by"] = work.now, work.principal.user
    write(save, op)
    finish(save, change)
    return save.after


def finish(save: Saving, change: RecordChange) -> None:
    """The log row, the rollups of other records, and the listeners of a written save."""
    work = save.work
    forget(work, save.form, save.after["id"])
    work.memory.setdefault("saved", {})[save.after["id"]] = save.after
    log.append(work, change, save.after["rev"], diff(save.form, save.before, save.after))
    refresh(work, save.app, save.form, change)
    for listener in listening(work, change):
        listener.after_save(work, change)


def is_latest(work: UnitOfWork, record: Record) -> bool:
    """Whether a record that was saved in this transaction was not saved again since (by a rule, a rollup)."""
    return work.memory.get("saved", {}).get(record["id"], record) is record


def forget(work: UnitOfWork, form: Form, record: str) -> None:
    """Drop what this transaction remembers of a record, because it changed."""
    work.memory.get("followed", {}).pop((form.app, form.key, record), None)
    work.memory.get("existing", {}).pop((form.app, form.key, record), None)
    work.memory.get("referring", {}).pop(form.key, None)


def changed_fields(save: Saving) -> frozenset[str]:
    """Top-level fields and child tables that differ from before."""
    before, after, form = save.before, save.after, save.form
    keys = form.once(
        "compared", lambda: [*(field.key for field in (*form.columns, *form.composed)), *form.children]
    )
    if before is None and form.plain and not form.composed:
        return frozenset([key for key, value in after.items() if value is not None])
    if before is None:
        return frozenset([key for key in keys if after[key] is not None])
    return frozenset([key for key in keys if after[key] != before[key]])


def write(save: Saving, op: str) -> None:
    """The rows of a save. Raises Invalid when another record has a unique value, RevisionConflict when a
    writer got in between.
    """
    work, form, after = save.work, save.form, save.after
    try:
        if op == "create":
            rows.insert(work, form, [after], [unique_keys(form, after, save.env)])
        else:
            before: Record = save.before or {}
            columns = [field.key for field in form.stored() if after.get(field.key) != before.get(field.key)]
            touched = rows.update(
                work, form, after, columns, _moved_keys(save), rev=None if op == "derive" else before["rev"]
            )
            if touched != 1:
                raise RevisionConflict()
        _write_children(save)
    except INTEGRITY as wrong:
        finding = double_of(save.form, wrong)
        if finding is None:
            raise
        raise Invalid([finding]) from wrong


def _moved_keys(save: Saving) -> dict[str, str | None]:
    if not save.form.shadows():
        return {}
    old = unique_keys(save.form, save.before or {}, save.env)
    new = unique_keys(save.form, save.after, save.env)
    return {column: key for column, key in new.items() if old[column] != key}


def _write_children(save: Saving) -> None:
    work = save.work
    for child in save.form.children.values():
        before = {row["id"]: (at, row) for at, row in enumerate((save.before or {}).get(child.key, []))}
        after = save.after[child.key]
        kept = {row["id"] for row in after}
        rows.delete_rows(work, child, [key for key in before if key not in kept])
        fresh, extra = [], []
        for index, row in enumerate(after):
            if row["id"] not in before:
                fresh.append(row)
                keys = unique_keys(child, row, save.row_env)
                extra.append({PARENT: save.after["id"], ORDER: index, **keys})
                continue
            old_index, old = before[row["id"]]
            columns = [field.key for field in child.stored() if row.get(field.key) != old.get(field.key)]
            moved = {ORDER: index} if old_index != index else {}
            if columns or moved:
                rows.update(work, child, row, columns, {**moved, **unique_keys(child, row, save.row_env)})
        rows.insert(work, child, fresh, extra)
