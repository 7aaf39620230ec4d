"""Which files a record holds, kept beside it: rows that say what may be read through it, and what may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.files import repository
from engine.findings import Finding, Text
from engine.jobs import enqueue
from engine.protocols import ChangeListener, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind, compiled_form
from forms.field_type import Derived
from forms.file_field import FileField

Pairs = dict[tuple[str, str], FileField]
"""(field, file) -> how the field takes it; a field of a child table is `lines.photo`."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A field with a column that holds files; `copied`: the engine alone puts them there."""

    key: str
    kind: FileField
    copied: bool


def holders(row: RowKind) -> tuple[Holder, ...]:
    """The fields of a form or child table that hold files."""
    known = row.sql.get("files")
    if known is None:
        found = (_holder(field) for field in row.fields.values() if field.stored)
        known = row.sql["files"] = tuple(holder for holder in found if holder is not None)
    return cast("tuple[Holder, ...]", known)


def _holder(field: Field) -> Holder | None:
    kind: Any = field.kind.result if isinstance(field.kind, Derived) else field.kind
    return Holder(field.key, kind, field.derived) if isinstance(kind, FileField) else None


def held_pairs(form: Form, record: Mapping[str, Any] | None) -> Pairs:
    """Everything that a record in memory form holds, child rows included."""
    if record is None:
        return {}
    pairs: Pairs = {(each.key, file): each.kind for each, file in _files(form, record)}
    for child in form.children.values():
        for row in record[child.key] if holders(child) else ():
            pairs.update({(f"{child.key}.{each.key}", file): each.kind for each, file in _files(child, row)})
    return pairs


def _files(row: RowKind, record: Mapping[str, Any]) -> list[tuple[Holder, str]]:
    return [(each, file) for each in holders(row) for file in each.kind.ids(record.get(each.key))]


class FileLinks(ChangeListener):
    """Keeps the rows of `ff_file_link` right. A record in the recycle bin holds its files still."""

    type = "file_links"

    def concerns(self, app: CompiledApp, form: str) -> bool:
        found = compiled_form(app, form)
        return any(holders(row) for row in (found, *found.children.values()))

    def after_save(self, work: UnitOfWork, change: RecordChange) -> None:
        form = compiled_form(change.app, change.form)
        if change.op == "delete" or not any(holders(row) for row in (form, *form.children.values())):
            return
        before, after = held_pairs(form, change.before), held_pairs(form, change.after)
        fresh = [pair for pair in after if pair not in before]
        if fresh and not repository.hold(work, change.app.key, form.key, change.record, fresh):
            raise Invalid([_gone(fresh[0][0])])
        repository.let_go(work, change.record, [pair for pair in before if pair not in after])
        for field, file in fresh:
            if after[field, file].strips:
                enqueue(work, "file_strip", {"file": file}, unique=f"file_strip:{file}:start")


def _gone(field: str) -> Finding:
    """A file was removed between the check of a save and its end."""
    pointer = "/" + field.partition(".")[0]
    return Finding("error", "file_not_found", pointer, GONE, UPLOAD_AGAIN)


GONE = Text(zh="文件不存在，或不是您上传的。", en="There is no such file, or it is not yours to use.")
UPLOAD_AGAIN = Text(zh="请重新上传。", en="Upload it again.")
