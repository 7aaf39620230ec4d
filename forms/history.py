"""The history of a record from the change log, as far as the reader may see its fields."""

from __future__ import annotations

from typing import Any

from engine.changes import log
from engine.changes.log import Change
from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.permissions.compiled import GrantSet
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import PART, Form, RowKind
from forms.masking import masked
from forms.records import RecordNotFound
from forms.values import moment_json

HIDDEN = {"rev", "updated_at", "updated_by", "id", "created_at", "created_by"}


def history_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, limit: int = 50, before: int | None = None
) -> dict[str, Any]:
    """{"items", "next"}: saves of the record, newest first, each with who, when, why and the fields it moved.

    Raises RecordNotFound, Forbidden.
    """
    access = Access(work, app)
    seen = access.readable(form.key, record)
    if not access.sees(form, record):
        raise RecordNotFound()
    if access.seen(form.key) and not access.grants(form.key, "history"):
        raise Forbidden()
    changes = log.of_record(work, app.key, form.key, record, limit=limit + 1, before=before)
    if not changes and before is None:
        raise RecordNotFound()
    held = access.holding(form, seen, record, write=False)
    shown = seen if held is None else GrantSet(held, False, ())
    return {
        "items": [_entry(form, change, shown) for change in changes[:limit]],
        "next": str(changes[limit - 1].id) if len(changes) > limit else None,
    }


def _entry(form: Form, change: Change, shown: GrantSet) -> dict[str, Any]:
    return {
        "id": change.id,
        "at": moment_json(change.at),
        "op": change.op,
        "actor": change.actor,
        "source": change.source,
        "cause": change.cause,
        "batch": change.batch,
        "rev": change.rev,
        "changes": _changes(form, change.diff, shown),
    }


def _changes(form: Form, diff: dict[str, Any], shown: GrantSet) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, moved in diff.items():
        if key in HIDDEN or not (shown.shows(key) or shown.masks(key)):
            continue
        if key in form.children:
            found[key] = {
                op: [_row(form.children[key], row, shown, key) for row in rows] for op, rows in moved.items()
            }
        else:
            covered = not shown.shows(key)
            found[key.replace(PART, ".")] = [_json(form, key, value, covered=covered) for value in moved]
    return found


def _row(child: RowKind, row: dict[str, Any], shown: GrantSet, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in row.items():
        if key == "id":
            found[key] = value
            continue
        full = f"{name}.{key}"
        covered = not shown.shows(full)
        if (covered and not shown.masks(full)) or child.find(key) is None:
            continue
        found[key.replace(PART, ".")] = (
            [_json(child, key, each, covered=covered) for each in value]
            if _pair(child, key, value)
            else _json(child, key, value, covered=covered)
        )
    return found


def _pair(child: RowKind, key: str, value: Any) -> bool:
    field = child.find(key)
    return isinstance(value, list) and len(value) == 2 and field is not None and field.codec.storage != "list"


def _json(kind: RowKind, key: str, value: Any, *, covered: bool) -> Any:
    field = kind.find(key)
    if field is None:
        return value
    told = field.codec.from_log(value)
    return masked(field)(told) if covered else told
