"""Deleting records: into the recycle bin, with what their references demand, as one unit."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.errors import Conflict
from engine.findings import Text
from engine.ids import new_id
from engine.protocols import Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.access import Access
from forms.checks import unique_keys
from forms.compiled import Form
from forms.compute import saving
from forms.records import RecordNotFound, finish, load, load_held, pass_lock, update
from forms.tables import PARENT, quoted


class Referenced(Conflict):
    """Other records refer to this one, so it cannot be deleted."""

    code = "restrict"
    zh = "仍有其他记录引用它，不能删除。"
    fix_zh = "请先处理这些记录。"
    fix_en = "Deal with those records first."


def delete(work: UnitOfWork, form: Form, record: str) -> None:
    """Move a record to the recycle bin. References to it are refused, emptied or followed, as their fields
    say. Raises RecordNotFound, RecordLocked, Referenced (details: how many of which form).
    """
    outermost = work.batch is None
    if outermost:
        work.batch = new_id()
    try:
        _delete(work, work.app(form.app), form, record, set())
    finally:
        if outermost:
            work.batch = None


def _delete(work: UnitOfWork, app: CompiledApp, form: Form, record: str, open_: set[str]) -> None:
    found = load_held(work, form, record, lock="remove")
    if found is None:
        raise RecordNotFound()
    before, instance, editors = found
    pass_lock(work, instance, editors, before, {"deleted_at": work.now})
    open_ = open_ | {record}
    _refuse(work, app, form, record)
    for other, child, field in form.referrers:
        source = app.kind("form")[other]
        kind = source.children[child] if child else source
        policy = kind.fields[field].kind.options.on_delete
        for each in referring(work, source, child, field, record):
            if each in open_:
                continue
            if policy == "cascade" and child is None:
                _delete(work, app, source, each, open_)
            elif policy != "restrict":
                _unlink(work, source, child, field, each, record)
    _mark(work, app, form, before)


def _refuse(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> None:
    counts: dict[str, int] = {}
    for other, child, field in form.referrers:
        source = app.kind("form")[other]
        kind = source.children[child] if child else source
        if kind.fields[field].kind.options.on_delete == "restrict":
            name = ".".join(filter(None, (other, child)))
            count = len(referring(work, source, child, field, record))
            if count:
                counts[name] = counts.get(name, 0) + count
    if counts:
        access = Access(work, app)
        hidden = [name for name in counts if not access.seen(name.partition(".")[0])]
        if hidden:
            counts["…"] = sum(counts.pop(name) for name in hidden)
        listed = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise Referenced(
            Text(
                zh=f"仍被引用，不能删除：{listed}。",
                en=f"It cannot be deleted; it is referred to by {listed}.",
            ),
            details={"references": counts},
        )


def referring(work: UnitOfWork, source: Form, child: str | None, field: str, record: str) -> list[str]:
    """Ids of live records of `source` whose reference (or whose child rows' reference) names `record`."""
    mark = rows.MARK[work.runtime.database.dialect]
    live = f"r.{quoted('deleted_at')} IS NULL"
    if child is None:
        text = f"SELECT r.{quoted('id')} FROM {quoted(source.table)} AS r WHERE r.{quoted(field)} = {mark} AND {live} ORDER BY 1"
    else:
        table = source.children[child].table
        text = (
            f"SELECT DISTINCT r.{quoted('id')} FROM {quoted(table)} AS c JOIN {quoted(source.table)} AS r "
            f"ON r.{quoted('id')} = c.{quoted(PARENT)} WHERE c.{quoted(field)} = {mark} AND {live} ORDER BY 1"
        )
    return [row[0] for row in work.rows(text, (record,))]


def _unlink(work: UnitOfWork, source: Form, child: str | None, field: str, record: str, target: str) -> None:
    with work.as_system("engine", cause=work.cause):
        if child is None:
            update(work, source, record, {field: None})
            return
        kept: list[Record] = [
            {**row, field: None if row[field] == target else row[field]}
            for row in load(work, source, record)[child]
        ]
        update(work, source, record, {child: kept})


def _mark(work: UnitOfWork, app: CompiledApp, form: Form, before: Record) -> None:
    save = saving(work, app, form, before, {**before, "deleted_at": work.now, "rev": before["rev"] + 1})
    change = RecordChange(app, form.key, before["id"], "delete", before, None, frozenset({"deleted_at"}))
    for listener in work.runtime.listeners:
        listener.before_save(work, change)
    rows.update(work, form, save.after, ("deleted_at", "rev"), unique_keys(form, save.after, save.env))
    finish(save, change)
