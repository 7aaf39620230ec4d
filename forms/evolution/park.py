"""What is parked, for people: the list, the values, bringing back and removing for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.changes import operations
from engine.definitions import pointers, under_way
from engine.definitions.app import CompiledApp, Documents
from engine.definitions.modules.merging import AFTER
from engine.definitions.pointers import Spot
from engine.definitions.publish import Prepared, Published, publish
from engine.errors import Conflict, NotFound
from engine.jobs import enqueue
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind
from forms.evolution import repository
from forms.evolution.evolution import another_above, as_it_was, pointer_of
from forms.evolution.fill import loader
from forms.evolution.in_use import holding_after
from forms.evolution.repository import Parked
from forms.tables import PARENT
from forms.values import moment_json

PURGE = "purge_parked"


class ParkedNotFound(NotFound):
    """Nothing with this id is parked."""

    code = "parked_not_found"
    zh = "没有这项已移除的内容。"


class PlaceTaken(Conflict):
    """Its form or child table is not there any more, or its key belongs to something else."""

    code = "place_taken"
    zh = "它所属的表单或子表已不存在，或键已被占用。"
    fix_zh = "请先恢复其所属的表单或子表，或腾出这个键。"
    fix_en = "Bring back the form or child table first, or free the key."


class BeingPurged(Conflict):
    """Its values are being removed for good."""

    code = "being_purged"
    zh = "其数据正在被彻底清除。"


def list_parked(work: UnitOfWork, app: str) -> list[dict[str, Any]]:
    """Everything an app has parked, the newest first."""
    return [_json(each) for each in repository.of_app(work, app)]


def _json(entry: Parked) -> dict[str, Any]:
    return {
        "id": entry.id,
        "pointer": pointer_of(*entry.place),
        "form": entry.form,
        "child": entry.child,
        "key": entry.key,
        "reason": entry.reason,
        "version": entry.version,
        "document": entry.document,
        "values": entry.held,
        "failed": entry.failed,
        "parked_by": entry.parked_by,
        "parked_at": moment_json(entry.parked_at),
        "purging": entry.purging_at is not None,
    }


def find(work: UnitOfWork, app: str, identifier: str) -> Parked:
    """One entry. Raises ParkedNotFound."""
    found = repository.one(work, app, identifier)
    if found is None:
        raise ParkedNotFound()
    return found


def values_of(
    work: UnitOfWork, app: CompiledApp, entry: Parked, *, after: str = "", limit: int = 100
) -> dict[str, Any]:
    """{"items": [{"record", "row"?, "value"}], "next"}: the values of a parked column that no field shows: of a
    converted one those that could not be converted and that nobody has replaced since.
    """
    was = as_it_was(work, entry)
    if not isinstance(was, Field):
        return {"items": [], "next": None}
    names = [PARENT] if entry.child else []
    now = _shown_now(app, entry) if entry.reason == "converted" else None
    rows = holding_after(work, entry.table_name, [was], after, limit=limit + 1, more=names, without=now)
    load = loader(was, work.runtime.database.dialect)
    items = [
        {
            "record": row[1] if entry.child else row[0],
            **({"row": row[0]} if entry.child else {}),
            "value": was.codec.json_of(load(row[1 + len(names) :])) if not was.sealed else None,
        }
        for row in rows[:limit]
    ]
    return {"items": items, "next": rows[limit - 1][0] if len(rows) > limit else None}


def _shown_now(app: CompiledApp, entry: Parked) -> Field | None:
    form: Form | None = app.kind("form").get(entry.form)
    row: RowKind | None = form.children.get(entry.child) if form is not None and entry.child else form
    if row is None or row.table != entry.table_name:
        return None
    found = row.fields.get(str(entry.key))
    return found if found is not None and found.stored else None


def restore(
    work: UnitOfWork,
    app: CompiledApp,
    identifier: str,
    *,
    approve: Sequence[str] = (),
    prepared: Prepared | None = None,
) -> Published:
    """Publish a version that has what is parked again, with its values.

    A field that was converted gets its old type back: what nobody changed since is as it was before, the rest
    is converted. `prepared` as in `publish`. Raises ParkedNotFound, PlaceTaken,
    BeingPurged, NotPublishable.
    """
    entry = find(work, app.key, identifier)
    if entry.purging_at is not None:
        raise BeingPurged()
    if another_above(work, app.kind("form"), entry):
        raise PlaceTaken()
    operations.note(work, "parked_restored", pointer_of(*entry.place), app=app.key)
    note = f"restore {pointer_of(*entry.place)}"
    return publish(work, restored(app, entry), note=note, approve=approve, prepared=prepared)


def restored(app: CompiledApp, entry: Parked) -> Documents:
    """The documents of the app with what is parked back in its place, in a module where that stands in one.

    Raises PlaceTaken.
    """
    forms = app.composition.documents.get("form", {})
    if entry.key is None and entry.child is None:
        if entry.form in forms:
            raise PlaceTaken()
        return pointers.with_document(app.source, "form", entry.form, entry.document)
    if entry.form not in forms:
        raise PlaceTaken()
    fields, around = forms[entry.form]["fields"], Spot("form", entry.form, ("fields",))
    if entry.child is not None and entry.key is not None:
        index = _position(fields, entry.child)
        if index is None:
            raise PlaceTaken()
        fields, around = fields[index]["fields"], replace(around, path=(*around.path, index, "fields"))
    return _put(app, fields, around, entry)


def _put(app: CompiledApp, fields: Sequence[dict[str, Any]], around: Spot, entry: Parked) -> Documents:
    key = str(entry.key or entry.child)
    place = _position(fields, key)
    if (place is not None) != (entry.reason == "converted"):
        raise PlaceTaken()
    if place is None:
        spot = _written(app, around)
        return _replaced(app, spot, [*pointers.value_at(app.source, spot), entry.document])
    spot = _written(app, replace(around, path=(*around.path, place)))
    document = {name: each for name, each in entry.document.items() if name != "renamed_from"}
    there = pointers.value_at(app.source, spot)
    behind = {AFTER: there[AFTER]} if AFTER in there else {}
    return _replaced(app, spot, {**document, "key": key, **behind})


def _position(fields: Sequence[dict[str, Any]], key: str) -> int | None:
    return next((index for index, each in enumerate(fields) if each.get("key") == key), None)


def _written(app: CompiledApp, spot: Spot) -> Spot:
    kind, key, *path = app.composition.written((spot.kind, spot.key, *spot.path))
    return Spot(str(kind), str(key), tuple(path))


def _replaced(app: CompiledApp, spot: Spot, value: Any) -> Documents:
    document = pointers.replaced(app.source[spot.kind][spot.key], spot.path, value)
    return pointers.with_document(app.source, spot.kind, spot.key, document)


def purge(work: UnitOfWork, app: str, identifier: str) -> None:
    """Have the values of an entry removed for good by a job.

    Raises ParkedNotFound, PublishUnderWay: a publish under way may bring them back.
    """
    entry = find(work, app, identifier)
    under_way.require_none(work, app)
    operations.note(work, "parked_purged", pointer_of(*entry.place), app=app, details={"values": entry.held})
    repository.mark_purging(work, entry.id)
    enqueue(work, PURGE, {"app": app, "id": entry.id, "after": ""}, unique=f"{PURGE}:{entry.id}", app=app)
