"""The second half of every save: computed, checked, written, told to the log and to whoever listens."""

from __future__ import annotations

from collections.abc import Sequence

from engine.changes import log
from engine.errors import Conflict, Invalid
from engine.protocols import ChangeListener, Record, RecordChange
from engine.storage.database import INTEGRITY
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.checks import check
from forms.compiled import Form
from forms.compute import Saving, compute, computes
from forms.diff import diff
from forms.listening import listening
from forms.rollups import refresh
from forms.tables import ORDER, PARENT
from forms.uniques import double_of, unique_keys


class RevisionConflict(Conflict):
    """Somebody else changed this record meanwhile."""

    code = "revision_conflict"
    zh = "该记录已被他人修改。"


def keep_changed(save: Saving, before: Record) -> Record:
    """Compute, check and write; then the log, other records, and the listeners. Raises Invalid,
    RevisionConflict, and what listeners raise.
    """
    work, after = save.work, save.after
    compute(save)
    change = RecordChange(save.app, save.form.key, after["id"], "update", before, after, changed_fields(save))
    if not change.changed:
        return after
    judge(save, change, listening(work, change))
    after["rev"] = before["rev"] + 1
    after["updated_at"], after["updated_by"] = work.now, work.principal.user
    write(save, "update")
    finish(save, change)
    return after


def judge(save: Saving, change: RecordChange, listeners: Sequence[ChangeListener]) -> None:
    """Let those who listen alter what is computed, or forbid it, and check what comes of it. Raises Invalid."""
    followed = bool(listeners) and (save.before is not None or computes(save.form))
    seen = dict(save.after) if followed and save.form.plain else None
    for listener in listeners:
        listener.before_save(save.work, change)
    if followed and seen != save.after:
        compute(save)
        if save.before is not None:
            change.changed = changed_fields(save)
    findings = check(save)
    if findings:
        raise Invalid(findings)


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
    memory, place = work.memory, (form.app, form.key, record)
    if followed := memory.get("followed"):
        followed.pop(place, None)
    if existing := memory.get("existing"):
        existing.pop(place, None)
    if referring := memory.get("referring"):
        referring.pop(form.key, None)


def changed_fields(save: Saving) -> frozenset[str]:
    """Top-level fields and child tables that differ from before."""
    before, after, form = save.before, save.after, save.form
    if before is None:
        return filled(form, after)
    keys = form.once("compared", lambda: _compared(form))
    return frozenset([key for key in keys if after[key] != before[key]])


def filled(form: Form, record: Record) -> frozenset[str]:
    """The fields and child tables of a record that are not empty."""
    if form.plain and not form.composed:
        return frozenset([key for key, value in record.items() if value is not None])
    return frozenset(
        [key for key in form.once("compared", lambda: _compared(form)) if record[key] is not None]
    )


def _compared(form: Form) -> list[str]:
    return [*(field.key for field in (*form.columns, *form.composed)), *form.children]


def write(save: Saving, op: str) -> None:
    """The rows of a changed record. Raises Invalid when another one has a unique value, RevisionConflict when a
    writer got in between.
    """
    work, form, after = save.work, save.form, save.after
    before: Record = save.before or {}
    try:
        columns = [field.key for field in form.stored() if after.get(field.key) != before.get(field.key)]
        touched = rows.update(
            work, form, after, columns, _moved_keys(save), rev=None if op == "derive" else before["rev"]
        )
        if touched != 1:
            raise RevisionConflict()
        if not form.plain:
            write_children(save)
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


def write_children(save: Saving) -> None:
    """The child rows of a save: those that are gone, changed and new."""
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
