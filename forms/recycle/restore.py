"""Bringing a unit back from the recycle bin: all of its records, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Conflict, EngineError, Invalid
from engine.findings import Text
from engine.ids import new_id
from engine.protocols import Record, RecordChange
from engine.storage.database import INTEGRITY
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.apart import check_apart
from forms.compiled import Field, Form, Named, RowKind, compiled_form
from forms.compute import Saving, compute, saving
from forms.records import load, load_held, update
from forms.recycle import repository
from forms.recycle.repository import Emptied, Entry
from forms.rollups import aggregate_of
from forms.rows import exists
from forms.saving import changed_fields, finish, write
from forms.uniques import double_of, unique_keys


class NotRestorable(Conflict):
    """Something stands in the way of bringing this back."""

    code = "not_restorable"
    zh = "无法恢复：与现有数据冲突。"
    fix_zh = "请先处理所列的冲突，再重试。"
    fix_en = "Deal with what is listed first, then try again."


def restore(work: UnitOfWork, app: CompiledApp, unit: Sequence[Entry]) -> list[Emptied]:
    """Bring back the records of a unit (in order of deletion) and the references they had lost.

    Returns the references that could not be set again. Raises NotRestorable when a record that one of them
    needs is gone, or a unique value is taken meanwhile; then nothing comes back.
    """
    outermost = work.batch is None
    work.batch = work.batch or new_id()
    try:
        known = {entry.record for entry in unit}
        last = 0
        for entry in reversed(unit):
            last = _restore(work, app, compiled_form(app, entry.form), entry.record, known)
        repository.drop(work, unit[0].unit)
        emptied = [each for entry in unit for each in entry.emptied]
        with work.as_system("engine", cause=last):
            return [each for each in emptied if not _relink(work, app, each)]
    finally:
        if outermost:
            work.batch = None


def _restore(work: UnitOfWork, app: CompiledApp, form: Form, record: str, known: set[str]) -> int:
    found = load_held(work, form, record, lock="change", deleted=True)
    if found is None:
        raise NotRestorable(details={"form": form.key, "record": record})
    before = found[0]
    after = {**before, "deleted_at": None, "rev": before["rev"] + 1}
    save = saving(work, app, form, before, after)
    save.after["updated_at"], save.after["updated_by"] = work.now, work.principal.user
    _settle_references(save, known)
    for field in form.fields.values():
        if field.rollup is not None and field.stored:
            save.after[field.key] = aggregate_of(work, app, form, field, record)
    compute(save)
    change = RecordChange(app, form.key, record, "restore", None, save.after)
    change.changed = changed_fields(save)
    for listener in work.runtime.listeners:
        listener.before_save(work, change)
    if overlapping := check_apart(save, anew=True):
        raise _taken(form, record, Invalid(overlapping))
    try:
        write(save, "restore")
        _claim_rows(save)
    except Invalid as taken:
        raise _taken(form, record, taken) from taken
    finish(save, change)
    return change.id


def _claim_rows(save: Saving) -> None:
    """Take the unique keys of all child rows again, which a deletion gave back. Raises Invalid."""
    try:
        for child in save.form.children.values():
            for row in save.after[child.key] if child.uniques else ():
                rows.update(save.work, child, row, (), unique_keys(child, row, save.row_env))
    except INTEGRITY as wrong:
        finding = double_of(save.form, wrong)
        if finding is None:
            raise
        raise Invalid([finding]) from wrong


def _taken(form: Form, record: str, taken: Invalid) -> NotRestorable:
    finding = taken.findings[0]
    where = {"form": form.key, "record": record}
    return NotRestorable(
        Text(
            zh=f"无法恢复“{form.label['zh']}”的记录：{finding.message['zh']}",
            en=f"A record of '{form.label['en']}' cannot come back: {finding.message['en']}",
        ),
        pointer=finding.pointer,
        details={**where, "errors": [each.as_json() for each in taken.findings]},
    )


def _settle_references(save: Saving, known: set[str]) -> None:
    """Empty references to what is gone where the field allows that; refuse where it does not."""
    places: list[tuple[str, RowKind, Record]] = [("", save.form, save.after)]
    for child in save.form.children.values():
        places += [(f"/{child.key}/{at}", child, row) for at, row in enumerate(save.after[child.key])]
    for pointer, kind, row in places:
        for field in kind.naming:
            for named in field.named(row.get(field.key)):
                if named.record in known or not _is_gone(save, named):
                    continue
                if field.kind.options.on_delete != "set_null":
                    raise _missing(save, f"{pointer}/{field.key}{named.pointer}", field, named)
                row[field.key] = field.without(row[field.key], named)


def _is_gone(save: Saving, named: Named) -> bool:
    there, key = save.app.home(named.form)
    forms = there.kind("form")
    return key in forms and not exists(save.work, forms[key], named.record)


def _missing(save: Saving, pointer: str, field: Field, named: Named) -> NotRestorable:
    label = field.label
    return NotRestorable(
        Text(
            zh=f"“{label['zh']}”所引用的记录已被删除。",
            en=f"The record that '{label['en']}' refers to is deleted.",
        ),
        pointer=pointer,
        details={
            "form": save.form.key,
            "record": save.after["id"],
            "needs": {"form": named.form, "record": named.record},
        },
        fix=Text(zh="请先恢复该记录。", en="Restore that record first."),
    )


def _relink(work: UnitOfWork, app: CompiledApp, lost: Emptied) -> bool:
    """Set a reference again that is still empty; whether it is as before now."""
    source = app.kind("form").get(lost.form)
    kind = source.children.get(lost.child) if source is not None and lost.child else source
    if source is None or kind is None or lost.field not in kind.fields:
        return False
    try:
        with work.savepoint():
            _set_again(work, source, kind, lost)
    except EngineError:
        return False  # what the record has become since needs it to stay empty; the caller is told
    return True


def _set_again(work: UnitOfWork, source: Form, kind: RowKind, lost: Emptied) -> None:
    record = load(work, source, lost.record, lock=True)
    if lost.child is None:
        update(work, source, lost.record, _again(record, kind, lost))
        return
    rows = [
        {**row, **_again(row, kind, lost)} if row["id"] in lost.rows else row for row in record[lost.child]
    ]
    update(work, source, lost.record, {lost.child: rows})


def _again(row: Record, kind: RowKind, lost: Emptied) -> dict[str, Any]:
    """The reference as it was, unless it names another record by now."""
    named = Named(lost.target_form, lost.target)
    return {lost.field: kind.fields[lost.field].with_(row.get(lost.field), named)}
