"""The options of a field for people: what may be chosen in a record as they are about to save it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden, Invalid
from engine.findings import error, text
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.access import Access
from forms.choosing import decided_by, options_json
from forms.compiled import ChildTable, Field, Form
from forms.compute import live, live_row
from forms.environment import environment
from forms.reading_json import reader
from forms.reading_plan import UnknownField
from forms.records import RecordNotFound


@dataclass(frozen=True, slots=True)
class Draft:
    """A record as it may become: values of JSON over a stored record, and those of one child row."""

    id: str | None
    record: Mapping[str, Any]
    row: Mapping[str, Any]

    @staticmethod
    def read(body: Mapping[str, Any]) -> Draft:
        """Raises Invalid."""
        record, row, identifier = body.get("record") or {}, body.get("row") or {}, body.get("id")
        for name, value in (("record", record), ("row", row)):
            if not isinstance(value, dict):
                message = text("应为 JSON 对象。", "A JSON object is expected.")
                raise Invalid([error("wrong_type", f"/{name}", message)])
        if identifier is not None and not isinstance(identifier, str):
            raise Invalid([error("wrong_type", "/id", text("应为文本。", "Text is expected."))])
        return Draft(identifier, record, row)


def offers_json(
    work: UnitOfWork, app: CompiledApp, form: Form, name: str, draft: Draft
) -> list[dict[str, Any]]:
    """{"value", "label"} of the options, in order. Raises Forbidden, UnknownField, RecordNotFound, Invalid."""
    access = Access(work, app)
    child, field = _field(access, form, name)
    stored = _stored(access, form, draft.id) if draft.id is not None else {}
    sent = dict(draft.record)
    if child is not None:
        sent[child.key] = [{key: value for key, value in draft.row.items() if key not in ("id", "$delete")}]
    values = _read(form, sent, child, field)
    rows = values.pop(child.key) if child is not None else []
    record = live(work, app, form, {**stored, **values})
    if child is None:
        return options_json(work, app, field, record, environment(work, app))
    env = environment(work, app, parent=record)
    return options_json(work, app, field, live_row(child, rows[0], env), env, parent=record)


def _read(form: Form, sent: dict[str, Any], child: ChildTable | None, field: Field) -> Record:
    """The values of a draft in memory form. What cannot be read yet is left out, unless the options depend on
    it: a form is asked for its options while it is being filled in. Raises Invalid.
    """
    try:
        return reader(form).read(sent)
    except Invalid as failure:
        own, above = decided_by(field)
        if child is None:
            own, above = set(), own
        needed = {f"/{key}" for key in above} | {f"/{child.key}/0/{key}" for key in own if child is not None}
        wrong = [each for each in failure.findings if each.code != "required"]
        readable = [each for each in wrong if each.code != "read_only"]  # the rest the record has already
        asked = [each for each in readable if any(_within(each.pointer, place) for place in needed)]
        if asked or not wrong:
            raise Invalid(asked or failure.findings) from None
        rest = _without(sent, [each.pointer.split("/")[1:] for each in wrong])
        if rest == sent:
            raise
        return _read(form, rest, child, field)


def _within(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(f"{place}/")


def _without(sent: dict[str, Any], places: list[list[str]]) -> dict[str, Any]:
    """The draft without what stands at these places, each a field or a cell of a child row."""
    kept = dict(sent)
    for head, *rest in places:
        rows = kept.get(head)
        if len(rest) > 1 and isinstance(rows, list) and isinstance(rows[int(rest[0])], dict):
            at = int(rest[0])
            kept[head] = [*rows]
            kept[head][at] = {key: value for key, value in rows[at].items() if key != rest[1]}
        else:
            kept.pop(head, None)
    return kept


def _field(access: Access, form: Form, name: str) -> tuple[ChildTable | None, Field]:
    """The field, when the principal may read or write it somewhere."""
    grants = [access.grants(form.key, action) for action in ("view", "create", "update")]
    if not any(grants):
        raise Forbidden()
    head, _, tail = name.partition(".")
    child = form.children.get(head) if tail else None
    found = (child.fields if child is not None else form.fields).get(tail or head)
    if found is None or not any(each.shows(name) for each in grants):
        raise UnknownField(pointer=f"/{name}")
    return child, found


def _stored(access: Access, form: Form, record: str) -> Record:
    if not access.sees(form, record):
        raise RecordNotFound()
    return records.load(access.work, form, record)
