"""A small app whose one form is changed in every way while it holds records."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from engine.definitions.publish import Published, publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import Form, compiled_form
from tests.forms.shop import field, name, option

ENTRY: dict[str, Any] = {
    "key": "entry",
    "label": name("entry"),
    "title": "title",
    "fields": [
        field("title", "text"),
        field("short_name", "text"),
        field("size", "int"),
        field("level", "select", options=option("gold", "silver", "tin")),
        field("period", "date_range"),
        field("rows", "subtable", fields=[field("what", "text"), field("qty", "int")]),
    ],
}

SOURCE: dict[str, dict[str, dict[str, Any]]] = {
    "app": {"ledger": {"key": "ledger", "label": name("ledger")}},
    "form": {"entry": ENTRY},
}

Documents = dict[str, dict[str, dict[str, Any]]]


class Ledger:
    """The app in one runtime: its documents as they are edited, published and read."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.source: Documents = copy.deepcopy(SOURCE)
        self.publish()

    def publish(self, **more: Any) -> Published:
        with self.runtime.unit_of_work(SYSTEM) as work:
            return publish(work, copy.deepcopy(self.source), **more)

    def refused(self, **more: Any) -> dict[tuple[str, str], str]:
        """(code, pointer) -> sentence of every finding that blocks."""
        with pytest.raises(NotPublishable) as refused:
            self.publish(**more)
        return {(each.code, each.pointer): each.message["en"] for each in refused.value.findings}

    @property
    def fields(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.source["form"]["entry"]["fields"]
        return found

    def field(self, key: str) -> dict[str, Any]:
        """The document of a field of the form, or of its rows as rows.key."""
        above, _, inner = key.rpartition(".")
        fields = self.field(above)["fields"] if above else self.fields
        return next(each for each in fields if each["key"] == inner)

    def remove(self, key: str) -> dict[str, Any]:
        above, _, _inner = key.rpartition(".")
        fields = self.field(above)["fields"] if above else self.fields
        gone = self.field(key)
        fields.remove(gone)
        return gone

    def form(self, key: str = "entry") -> Form:
        with self.runtime.reading(SYSTEM) as work:
            return compiled_form(work.app("ledger"), key)

    def create(self, form: str = "entry", **values: Any) -> str:
        with self.runtime.unit_of_work(SYSTEM) as work:
            made = records.create(work, compiled_form(work.app("ledger"), form), values)
        return str(made["id"])

    def update(self, record: str, values: Mapping[str, Any], form: str = "entry") -> None:
        with self.runtime.unit_of_work(SYSTEM) as work:
            records.update(work, compiled_form(work.app("ledger"), form), record, dict(values))

    def load(self, record: str, form: str = "entry") -> dict[str, Any]:
        with self.runtime.reading(SYSTEM) as work:
            return dict(records.load(work, compiled_form(work.app("ledger"), form), record))

    def values(self, key: str, ids: Sequence[str]) -> list[Any]:
        return [self.load(each)[key] for each in ids]


Edit = Callable[[Ledger], None]
