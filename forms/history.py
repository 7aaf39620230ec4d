"""The history of a record from the change log, as far as the reader may see its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.changes import log
from engine.changes.log import Change
from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.permissions.compiled import GrantSet
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form, RowKind
from forms.evolution.past import AsItWas, earlier_keys, epochs_of, told_now
from forms.masking import masked
from forms.records import RecordNotFound
from forms.shape import PART
from forms.values import moment_json
from forms.watched import note, watched_names

HIDDEN = {"rev", "updated_at", "updated_by", "id", "created_at", "created_by"}


class Shown(Protocol):
    """Which fields a reader is shown, whole or with most signs covered."""

    def shows(self, name: str) -> bool: ...

    def masks(self, name: str) -> bool: ...


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
    epochs = epochs_of(work, app.key)
    found = log.of_record(
        work, app.key, form.key, record, limit=limit + 1, before=before, also=earlier_keys(epochs, form.key)
    )
    changes = told_now(work, app, epochs, found)
    if not changes and before is None:
        raise RecordNotFound()
    shown = Told(tuple(_held(access, form, each, record) for each in _asked(access, form, seen)))
    if not shown:
        raise Forbidden()
    _note(access, form, record, changes[:limit], shown)
    return {
        "items": [_entry(form, change, shown) for change in changes[:limit]],
        "next": str(changes[limit - 1].id) if len(changes) > limit else None,
    }


def _note(access: Access, form: Form, record: str, changes: Sequence[Change], shown: Told) -> None:
    moved = {name for change in changes for name in change.diff}
    names = [name for name in watched_names(form) if name in moved and shown.shows(name)]
    names += [
        f"{key}.{name}"
        for key, child in form.children.items()
        for name in watched_names(child)
        if key in moved and shown.shows(f"{key}.{name}")
    ]
    if names:
        note(access, form, names, [record], way="history")


@dataclass(frozen=True, slots=True)
class Told:
    """What history tells of a field: no more than each of these sets of grants shows."""

    sets: tuple[GrantSet, ...]

    def __bool__(self) -> bool:
        return all(self.sets)

    def shows(self, name: str) -> bool:
        return all(each.shows(name) for each in self.sets)

    def masks(self, name: str) -> bool:
        return not self.shows(name) and all(each.shows(name) or each.masks(name) for each in self.sets)


def _asked(access: Access, form: Form, seen: GrantSet) -> Iterator[GrantSet]:
    """The grants for seeing, and those for the history; what is shared is shared with its history."""
    yield seen
    if access.seen(form.key):
        yield access.grants(form.key, "history")


def _held(access: Access, form: Form, grants: GrantSet, record: str) -> GrantSet:
    held = access.holding(form, grants, record, write=False)
    return grants if held is None else GrantSet(held, False, ())


def _entry(form: Form, change: Change, shown: Told) -> dict[str, Any]:
    return {
        "id": change.id,
        "at": moment_json(change.at),
        "op": change.op,
        "actor": change.actor,
        "source": change.source,
        "cause": change.cause,
        "batch": change.batch,
        "rev": change.rev,
        "changes": changes_json(form, change.diff, shown),
    }


def changes_json(form: Form, diff: dict[str, Any], shown: Shown) -> dict[str, Any]:
    """A diff of the log as far as the reader may see it: {field: [old, new]}, child tables by operation."""
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


def _row(child: RowKind, row: dict[str, Any], shown: Shown, name: str) -> dict[str, Any]:
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
    told = value.json if isinstance(value, AsItWas) else field.codec.from_log(value)
    return masked(field)(told) if covered else told
