"""What people do with imports: begin, follow, cancel, take back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.pointers import pointer_of
from engine.errors import Conflict, EngineError, Invalid
from engine.findings import Finding, Text, error
from engine.ids import new_id
from engine.jobs import enqueue
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form
from forms.imports.hindering import what_hinders
from forms.imports.mapping import Mapping
from forms.imports.naming import comparable
from forms.imports.options import ImportOptions
from forms.imports.undo import undoing
from forms.system_forms import SYSTEM_FORMS
from forms.transfers import repository
from forms.transfers.folder import folder_of
from forms.transfers.repository import Transfer
from forms.unknown_fields import unknown_field

JOB = "import"
UNDOABLE = ("done", "cancelled")


class NotUndoable(Conflict):
    """The import cannot be taken back as a whole: records of it are used or were changed since."""

    code = "not_undoable"
    zh = "无法整批撤销：部分记录已被引用或在导入后被修改。"
    fix_zh = "请先处理所列记录。"
    fix_en = "Deal with the records listed first."


class UploadMissing(EngineError):
    """The body of the request is the file; it is empty."""

    code = "upload_missing"
    zh = "请求体应为文件内容，但为空。"
    fix_zh = "请把文件作为请求体发送，或先上传，再以 upload 指明。"
    fix_en = "Send the file as the body, or upload it and name it in `upload`."


def begin(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    options: ImportOptions,
    *,
    file: Path,
    name: str,
    job: bool = True,
) -> Transfer:
    """A new import of a file, which is copied into the import's folder; with `job` a worker does it.

    Raises Forbidden, Invalid, UploadMissing.
    """
    access = Access(work, app)
    access.demand(form.key, "import")
    access.demand(form.key, "update" if options.mode == "update" else "create")
    if options.mode == "upsert":
        access.demand(form.key, "update")
    _known_fields(form, options)
    _known_names(access, form, options)
    if not file.stat().st_size:
        raise UploadMissing()
    key = new_id()
    # a copy: when this transaction is tried again the file has to be there still
    shutil.copyfile(file, folder_of(work.runtime, key) / "source")
    made = repository.add(
        work,
        "import",
        app.key,
        form.key,
        key=key,
        name=name[:200] or "import",
        options=options.model_dump(mode="json"),
        phase="reading",
    )
    if job:
        go_on(work, made)
    return made


def go_on(work: UnitOfWork, transfer: Transfer) -> None:
    """Let a worker do the next piece."""
    enqueue(work, JOB, {"transfer": transfer.id}, app=transfer.app)


def cancel(work: UnitOfWork, key: str) -> Transfer:
    """Stop an import. What is saved stays, unless it is one of all or nothing. Raises TransferMoved."""
    known = repository.get(work, "import", key)
    moved = repository.move(work, known, among=("waiting", "running"), state="cancelling")
    go_on(work, moved)
    return moved


def undo(work: UnitOfWork, key: str) -> Transfer:
    """Take back what an import saved: its new records go into the recycle bin, others are as before.

    Raises Forbidden, TransferMoved unless it is done or cancelled, NotUndoable with the records in the way.
    """
    known = repository.get(work, "import", key)
    _may_undo(Access(work, work.app(known.app)), known)
    if known.state not in UNDOABLE:
        raise repository.TransferMoved(details={"state": known.state})
    hindering = what_hinders(work, known)
    if hindering:
        raise NotUndoable(details={"records": hindering})
    progress = undoing(known, "undone")
    moved = repository.move(work, known, among=UNDOABLE, state="undoing", progress=progress)
    go_on(work, moved)
    return moved


def _may_undo(access: Access, transfer: Transfer) -> None:
    """Whoever takes an import back needs the rights to do by hand what comes of it. Raises Forbidden."""
    saved = transfer.report.get("counts", {})
    access.demand(transfer.form, "import")
    if saved.get("inserted"):
        access.demand(transfer.form, "delete")
    if saved.get("updated"):
        access.demand(transfer.form, "update")


def on_fields(options: ImportOptions, mapping: Mapping) -> tuple[str, ...]:
    """The fields that tell which record a row means: as asked, else the id column of an export.

    Raises Invalid when there are none, or the file lacks them.
    """
    if options.mode == "insert":
        return ()
    on = options.on or (("id",) if mapping.identity is not None else ())
    there = {each.field.key for each in mapping.columns if each.child is None}
    there |= {"id"} if mapping.identity is not None else set()
    if on and set(on) <= there:
        return on
    raise Invalid([_no_key([key for key in on if key not in there])])


def _no_key(absent: list[str]) -> Finding:
    """Nothing tells which stored record a row means, or the file lacks the columns that would."""
    if not absent:
        return error(
            "key_column_missing",
            "/options/on",
            Text(
                zh="没有说明按哪些字段匹配已有的记录，文件也没有 id 列。",
                en="Nothing says by which fields a row finds its record, and the file has no column id.",
            ),
            Text(
                zh="请在 on 中写明字段，如编号；或使用导出的文件。",
                en="Name fields in `on`, such as a number, or use a file that was exported.",
            ),
        )
    named = ", ".join(absent)
    return error(
        "key_column_missing",
        "/options/on",
        Text(
            zh=f"文件缺少用于匹配记录的列：{named}。", en=f"The file lacks what tells records apart: {named}."
        ),
        Text(
            zh="请为这些字段各加一列，或改用其他字段。",
            en="Add a column for each, or name other fields in `on`.",
        ),
    )


def _known_fields(form: Form, options: ImportOptions) -> None:
    """Raises Invalid for keys that are no fields, or that do not tell records apart by one value each."""
    wrong = []
    for index, key in enumerate(options.on):
        field = form.fields.get(key)
        if key == "id" and options.on == ("id",):
            continue
        if field is None or field.system or not field.stored or field.parts or field.derived:
            message = Text(zh=f"不能按“{key}”匹配记录。", en=f"Records cannot be matched by '{key}'.")
            wrong.append(error("unknown_field", f"/options/on/{index}", message))
    if wrong:
        raise Invalid(wrong)


def _known_names(access: Access, form: Form, options: ImportOptions) -> None:
    """Raises Invalid for `by` that names no reference, or no field that its records could be called by."""
    wrong = []
    for name, key in options.by.items():
        child, _, own = name.rpartition(".")
        kind = form.children.get(child) if child else form
        field = kind.fields.get(own) if kind is not None else None
        if field is None or not (field.refers or field.several) or not field.targets:
            wrong.append(unknown_field(pointer_of(["options", "by", name]), name))
        elif field.targets[0] not in SYSTEM_FORMS and not _names(access, str(field.targets[0]), key):
            wrong.append(unknown_field(pointer_of(["options", "by", name]), key))
    if wrong:
        raise Invalid(wrong)


def _names(access: Access, target: str, key: str) -> bool:
    access, target = access.home(target)
    form: Form = access.app.kind("form")[target]
    field = form.fields.get(key)
    return field is not None and comparable(field) and access.seen(target).shows(key)


def errors_of(work: UnitOfWork, transfer: Transfer, *, after: int, limit: int) -> dict[str, Any]:
    """{"items", "next"}: what is wrong, row by row, from the `after`-th error on."""
    from forms.imports.workbook import error_items

    path = folder_of(work.runtime, transfer.id) / "errors.jsonl"
    items = error_items(path, after=after, limit=limit + 1)
    more = len(items) > limit
    return {"items": items[:limit], "next": str(after + limit) if more else None}
