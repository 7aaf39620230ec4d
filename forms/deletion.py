"""Deleting records: into the recycle bin, with what their references demand, as one unit."""

from __future__ import annotations

from collections.abc import Container

from engine.definitions.app import CompiledApp
from engine.errors import Conflict
from engine.findings import Text
from engine.ids import new_id
from engine.protocols import Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms import rows
from forms.access import Access
from forms.compiled import Field, Form, Named
from forms.compute import saving
from forms.edits import PreconditionFailed
from forms.links import naming_params, naming_text
from forms.named_from import named_from
from forms.records import RecordNotFound, load, load_held, pass_lock, update
from forms.recycle import repository
from forms.recycle.repository import Emptied, Unit
from forms.saving import finish
from forms.tables import PARENT, quoted
from forms.uniques import unique_keys


class Referenced(Conflict):
    """Other records refer to this one, so it cannot be deleted."""

    code = "restrict"
    zh = "仍有其他记录引用它，不能删除。"
    fix_zh = "请先处理这些记录。"
    fix_en = "Deal with those records first."


HIDDEN = "…"
"""Stands for the forms that who deletes may not see."""


def delete(work: UnitOfWork, form: Form, record: str, *, if_match: int | None = None) -> None:
    """Move a record to the recycle bin. References to it are refused, emptied or followed, as their fields
    say; what goes with it comes back with it. Raises RecordNotFound, PreconditionFailed when it has another
    revision than `if_match`, RecordLocked, Referenced (details: how many of which form).
    """
    outermost = work.batch is None
    if outermost:
        work.batch = new_id()
    try:
        unit = Unit(form.app, record)
        if if_match is not None:
            _at_revision(work, form, record, if_match)
        _delete(work, work.app(form.app), form, record, set(), unit)
        repository.keep(work, unit)
    finally:
        if outermost:
            work.batch = None


def _at_revision(work: UnitOfWork, form: Form, record: str, expected: int) -> None:
    """Hold the record, and refuse when somebody changed it. Raises RecordNotFound, PreconditionFailed."""
    found = load_held(work, form, record, lock="remove")
    if found is None:
        raise RecordNotFound()
    if found[0]["rev"] != expected:
        raise PreconditionFailed(details={"rev": found[0]["rev"]})


def _delete(work: UnitOfWork, app: CompiledApp, form: Form, record: str, open_: set[str], unit: Unit) -> None:
    found = load_held(work, form, record, lock="remove")
    if found is None:
        raise RecordNotFound()
    before, instance, editors = found
    pass_lock(work, instance, editors, before, {"deleted_at": work.now})
    open_ = open_ | {record}
    named = Named(form.key, record)
    _refuse(work, app, form, record, open_)
    for other, child, field in form.referrers:
        source = app.kind("form")[other]
        kind = source.children[child] if child else source
        policy = kind.fields[field].kind.options.on_delete
        for each in referring(work, source, child, kind.fields[field], named):
            if each in open_:
                continue
            if policy == "cascade" and child is None:
                _delete(work, app, source, each, open_, unit)
            elif policy != "restrict":
                unit.emptied.append(_unlink(work, source, child, field, each, named))
    mark_deleted(work, app, form, before)
    unit.records.append((form.key, record))


def _refuse(work: UnitOfWork, app: CompiledApp, form: Form, record: str, going: Container[str]) -> None:
    """Raises Referenced when a record names this one that is not `going` itself."""
    counts: dict[str, int] = {}
    labels: dict[str, Text] = {HIDDEN: Text(zh=HIDDEN, en=HIDDEN)}
    for other, child, field in form.referrers:
        source = app.kind("form")[other]
        kind = source.children[child] if child else source
        if kind.fields[field].kind.options.on_delete == "restrict":
            name = ".".join(filter(None, (other, child)))
            naming = referring(work, source, child, kind.fields[field], Named(form.key, record))
            if count := sum(each not in going for each in naming):
                counts[name] = counts.get(name, 0) + count
                labels[name] = _label(source, child)
    access = Access(work, app)
    hidden = [name for name in counts if not access.seen(name.partition(".")[0])]
    for place in named_from(work, form):
        count = len(
            referring(work, place.form, place.child, place.field, Named(f"{form.app}.{form.key}", record))
        )
        name = ".".join(filter(None, (place.app.key, place.form.key, place.child)))
        if count:
            counts[name] = counts.get(name, 0) + count
            labels[name] = _label(place.form, place.child)
            if name not in hidden and not Access(work, place.app).seen(place.form.key):
                hidden.append(name)
    if counts:
        if hidden:
            counts[HIDDEN] = sum(counts.pop(name) for name in hidden)
        zh = "，".join(f"{labels[name]['zh']} {count} 条" for name, count in counts.items())
        en = ", ".join(f"{labels[name]['en']}: {count}" for name, count in counts.items())
        raise Referenced(
            Text(zh=f"仍被引用，不能删除：{zh}。", en=f"It cannot be deleted; it is referred to by {en}."),
            details={"references": counts},
        )


def _label(form: Form, child: str | None) -> Text:
    """What people call a form, or one of its child tables."""
    zh, en = form.label["zh"], form.label["en"]
    if child is None:
        return Text(zh=zh, en=en)
    inner = form.children[child].label
    return Text(zh=f"{zh}（{inner['zh']}）", en=f"{en} ({inner['en']})")


def referring(work: UnitOfWork, source: Form, child: str | None, field: Field, named: Named) -> list[str]:
    """Ids of live records of `source` whose reference (or whose child rows' reference) names a record."""
    dialect = work.runtime.database.dialect
    live = f"r.{quoted('deleted_at')} IS NULL"
    if child is None:
        naming = naming_text(source, field, "r", dialect)
        text = (
            f"SELECT r.{quoted('id')} FROM {quoted(source.table)} AS r WHERE {naming} AND {live} ORDER BY 1"
        )
    else:
        rows_of = source.children[child]
        text = (
            f"SELECT DISTINCT r.{quoted('id')} FROM {quoted(rows_of.table)} AS c "
            f"JOIN {quoted(source.table)} AS r ON r.{quoted('id')} = c.{quoted(PARENT)} "
            f"WHERE {naming_text(rows_of, field, 'c', dialect)} AND {live} ORDER BY 1"
        )
    return [row[0] for row in work.rows(text, naming_params(field, named))]


def _unlink(
    work: UnitOfWork, source: Form, child: str | None, key: str, record: str, named: Named
) -> Emptied:
    """Empty the references of one record to the named one."""
    field = (source.children[child] if child else source).fields[key]
    touched: tuple[str, ...] = ()
    with work.as_system("engine", cause=work.cause):
        before = load(work, source, record)
        if child is None:
            update(work, source, record, {key: field.without(before[key], named)})
        else:
            touched = tuple(row["id"] for row in before[child] if field.names(row[key], named))
            kept: list[Record] = [{**row, key: field.without(row[key], named)} for row in before[child]]
            update(work, source, record, {child: kept})
    return Emptied(
        form=source.key,
        record=record,
        field=key,
        target=named.record,
        target_form=named.form,
        child=child,
        rows=touched,
    )


def mark_deleted(work: UnitOfWork, app: CompiledApp, form: Form, before: Record) -> None:
    """Write that a record, which is locked and let go by whatever refers to it, is in the recycle bin."""
    save = saving(work, app, form, before, {**before, "deleted_at": work.now, "rev": before["rev"] + 1})
    change = RecordChange(app, form.key, before["id"], "delete", before, None, frozenset({"deleted_at"}))
    for listener in work.runtime.listeners:
        listener.before_save(work, change)
    rows.update(work, form, save.after, ("deleted_at", "rev"), unique_keys(form, save.after, save.env))
    for child in form.children.values():
        free = dict.fromkeys((rule.column for rule in child.uniques), None)
        for row in before[child.key] if free else ():
            rows.update(work, child, row, (), free)
    finish(save, change)
