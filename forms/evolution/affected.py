"""Which values a publish would leave without a place: those that do not convert, those of what is removed."""

from __future__ import annotations

from typing import Any

from engine.definitions import repository
from engine.definitions.app import Documents
from engine.definitions.publish import prepare
from engine.errors import NotFound, NotPublishable
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, RowKind
from forms.evolution.evolution import Changed, Gone, evolution
from forms.evolution.fill import convert_chunk, loader
from forms.evolution.in_use import holding_after
from forms.rows import among, listed
from forms.tables import PARENT, quoted

LOOKED_AT = 2_000
ROUNDS = 50
"""One answer looks at 100,000 rows at most; `next` leads on from there."""


class NothingAffected(NotFound):
    """The plan has no step at this pointer that concerns stored values."""

    code = "nothing_affected"
    zh = "计划中没有涉及该处数据的步骤。"
    fix_zh = "请使用计划中步骤的 pointer。"
    fix_en = "Use the pointer of a step of the plan."


def affected_values(
    work: UnitOfWork, source: Documents, pointer: str, *, after: str = "", limit: int = 100
) -> dict[str, Any]:
    """{"items": [{"record", "row"?, "value", "code"?, "message"?, "fix"?}], "next"}: values that publishing `source` would take
    out of sight at `pointer`, in the order of ids. Raises NotPublishable, NothingAffected.
    """
    prepared = prepare(work, source)
    if prepared.app is None:
        raise NotPublishable([each for each in prepared.findings if each.level == "error"])
    head = repository.heads(work.connection).get(prepared.key)
    before = work.runtime.version(work, prepared.key, head) if head else None
    found = evolution(work, before, prepared.app)
    for changed in found.changed:
        if pointer == changed.pointer or pointer.startswith(f"{changed.pointer}/options/"):
            option = (
                pointer.removeprefix(f"{changed.pointer}/options/") if pointer != changed.pointer else None
            )
            return _unconverted(work, changed, option, after, limit)
    for gone in found.gone:
        if pointer == gone.pointer and gone.field is not None and gone.field.stored and not gone.moved:
            return _removed(work, gone, gone.field, after, limit)
    raise NothingAffected()


def _unconverted(
    work: UnitOfWork, changed: Changed, option: str | None, after: str, limit: int
) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    last: str | None = after
    for _round in range(ROUNDS):
        found = convert_chunk(work, changed, last or "", limit=LOOKED_AT)
        for each in found:
            if each.problem is not None and (option is None or _has(each.before, option)):
                items.append(
                    {
                        "id": each.id,
                        "value": None if changed.before.sealed else changed.before.codec.json_of(each.before),
                        "code": each.problem.code,
                        "message": dict(each.problem.message),
                        "fix": dict(each.problem.fix),
                    }
                )
            if len(items) == limit:
                return _page(work, changed.was, changed.child, items, each.id)
        if len(found) < LOOKED_AT:
            return _page(work, changed.was, changed.child, items, None)
        last = found[-1].id
    return _page(work, changed.was, changed.child, items, last)


def _has(value: Any, option: str) -> bool:
    return option in value if isinstance(value, tuple) else bool(value == option)


def _removed(work: UnitOfWork, gone: Gone, field: Field, after: str, limit: int) -> dict[str, Any]:
    rows = holding_after(work, gone.row.table, [field], after, limit=limit + 1)
    load = loader(field, work.runtime.database.dialect)
    items = [
        {"id": row[0], "value": None if field.sealed else field.codec.json_of(load(row[1:]))}
        for row in rows[:limit]
    ]
    last = rows[limit - 1][0] if len(rows) > limit else None
    return _page(work, gone.row, gone.child, items, last)


def _page(
    work: UnitOfWork, row: RowKind, child: str | None, items: list[dict[str, Any]], last: str | None
) -> dict[str, Any]:
    """Each with its record; a row of a child table also with its own id."""
    above = _records(work, row, [each["id"] for each in items]) if child is not None else {}
    shown = [
        {**({"record": above[one], "row": one} if child is not None else {"record": one}), **rest}
        for one, rest in ((each.pop("id"), each) for each in items)
    ]
    return {"items": shown, "next": last}


def _records(work: UnitOfWork, row: RowKind, ids: list[str]) -> dict[str, str]:
    dialect = work.runtime.database.dialect
    text = (
        f"SELECT {quoted('id')}, {quoted(PARENT)} FROM {quoted(row.table)} "
        f"WHERE {quoted('id')} {among(dialect)}"
    )
    return dict(work.rows(text, (listed(ids, dialect),)))
