"""What a save changed, as the change log keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.protocols import Record
from forms.codec import Write
from forms.compiled import ChildTable, Form


def diff(form: Form, before: Record | None, after: Record) -> dict[str, Any]:
    """{field: [old, new]} of stored fields; child tables {"insert", "update", "delete"}."""
    logged = form.once("logged", lambda: [(field.key, field.codec.logged) for field in form.stored()])
    known: Record = before or dict.fromkeys(key for key, _ in logged)
    found: dict[str, Any] = {
        key: [_logged(log, old), _logged(log, new)]
        for key, log in logged
        if (old := known[key]) is not (new := after[key]) and old != new
    }
    for child in form.children.values():
        rows = child_rows(child, known.get(child.key) or [], after[child.key])
        if rows:
            found[child.key] = rows
    return found


def _logged(log: Write | None, value: Any) -> Any:
    return value if value is None or log is None else log(value)


def child_rows(child: ChildTable, before: list[Record], after: list[Record]) -> dict[str, Any]:
    """The part of a diff that tells of one child table; {} when nothing changed."""
    known = {row["id"]: (index, row) for index, row in enumerate(before)}
    kept = {row["id"] for row in after}
    insert, update = [], []
    for index, row in enumerate(after):
        if row["id"] not in known:
            insert.append(_whole(child, index, row))
        else:
            changes = _changes(child, *known[row["id"]], index, row)
            if len(changes) > 1:
                update.append(changes)
    gone = [_whole(child, *known[key]) for key in known if key not in kept]
    found = {"insert": insert, "update": update, "delete": gone}
    return {key: rows for key, rows in found.items() if rows}


def _whole(child: ChildTable, index: int, row: Mapping[str, Any]) -> dict[str, Any]:
    values = {field.key: field.codec.log_of(row.get(field.key)) for field in child.stored()}
    return {"id": row["id"], "_order": index, **{k: v for k, v in values.items() if v is not None}}


def _changes(
    child: ChildTable, old_index: int, old: Mapping[str, Any], index: int, new: Mapping[str, Any]
) -> dict[str, Any]:
    changes: dict[str, Any] = {"id": new["id"]}
    if old_index != index:
        changes["_order"] = [old_index, index]
    for field in child.stored():
        if old.get(field.key) != new.get(field.key):
            changes[field.key] = [
                field.codec.log_of(old.get(field.key)),
                field.codec.log_of(new.get(field.key)),
            ]
    return changes
