"""Records that refer to a record, listed for who may see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden, NotFound
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import seen_order
from forms.compiled import Form, compiled_form
from forms.field_types.backlink import Backlink
from forms.listing import Anchor, ListQuery, condition_in, list_json
from forms.records import RecordNotFound


class BacklinkNotFound(NotFound):
    """The form has no such list of referring records."""

    code = "backlink_not_found"
    zh = "表单中没有该关联列表。"


def backlink_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, key: str, query: ListQuery
) -> dict[str, Any]:
    """{"items", "next", "count"} of the records that refer to `record`, as a list of their form gives them.

    Raises RecordNotFound, BacklinkNotFound, Forbidden, and what a list raises.
    """
    access = Access(work, app)
    if not access.sees(form, record):
        raise RecordNotFound()
    shown = next((item.kind for item in form.layout if item.key == key), None)
    if not isinstance(shown, Backlink) or not access.readable(form.key, record).shows(key):
        raise BacklinkNotFound()
    options = shown.options
    source = compiled_form(app, options.form)
    seen = access.seen(source.key)
    if not seen.shows(options.link):
        raise Forbidden()
    columns = [name for name in options.show if seen.shows(name.partition(".")[0])]
    naming = _condition(source, options.link, form)
    asked = replace(
        query,
        filter=orjson.dumps({"and": [naming, _given(query.filter)]} if query.filter else naming).decode(),
        sort=query.sort or seen_order(access, source, options.sort),
        fields=query.fields or ",".join(columns) or None,
        anchor=Anchor(form.key, record),
    )
    return list_json(work, app, source, asked)


def _condition(source: Form, link: str, form: Form) -> dict[str, Any]:
    """The record in hand is the variable `anchor`, so that one statement serves all records."""
    field, anchor = source.fields[link], {"var": "anchor"}
    if field.parts:
        return {f"{link}.form": form.key, f"{link}.id": {"eq": anchor}}
    return {link: {"has" if field.several else "eq": anchor}}


def _given(source: str) -> Any:
    return condition_in(source) if source.lstrip().startswith("{") else {"expr": source}
