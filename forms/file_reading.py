"""Files of a record for people: what they may see of them, with the rights of the record and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import NotFound
from engine.files import repository
from engine.files.repository import StoredFile
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.attachments import Holder, holders
from forms.compiled import Form, RowKind
from forms.file_checks import shown_fields
from forms.records import RecordNotFound


class FileNotInRecord(NotFound):
    """The record holds no such file, or you may not see it."""

    code = "file_not_found"
    zh = "记录中没有该文件，或您无权查看。"


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file in a field of a record; `strips`: it leaves without its metadata."""

    field: str
    file: StoredFile
    strips: bool


def list_files(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> list[dict[str, Any]]:
    """Every file that the reader sees in the record, with its field. Raises RecordNotFound."""
    return [
        {"field": each.field, **repository.as_json(each.file, said=not each.strips)}
        for each in _shown(work, app, form, record)
    ]


def find_file(work: UnitOfWork, app: CompiledApp, form: Form, record: str, file: str) -> HeldFile:
    """One file of the record. Raises RecordNotFound, FileNotInRecord.

    Where two fields hold it, the one that tells more counts, for the reader sees that one too.
    """
    found = [each for each in _shown(work, app, form, record) if each.file.id == file]
    if not found:
        raise FileNotInRecord()
    return min(found, key=lambda each: each.strips)


def _shown(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> Iterator[HeldFile]:
    shown = shown_fields(Access(work, app), form, record)
    if shown is None:
        raise RecordNotFound()
    for field, file in repository.held_by(work, app.key, form.key, record):
        holder = _holder(form, field)
        if holder is not None and shown.shows(field):
            yield HeldFile(field, file, holder.kind.strips and not file.stripped)


def _holder(form: Form, field: str) -> Holder | None:
    head, dot, key = field.rpartition(".")
    row: RowKind | None = form.children.get(head) if dot else form
    return next((each for each in holders(row) if each.key == key), None) if row is not None else None
