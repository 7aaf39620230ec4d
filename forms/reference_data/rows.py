"""Rows of reference data: their keys, and the references in them. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.compiled import Field, Form, RowKind
from forms.system_forms import SYSTEM_FORMS

Node = tuple[str, str]
"""(form, key of a row as text)."""


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row as it is written in the document, with its place there."""

    form: str
    key: str
    index: int
    body: Mapping[str, Any]

    @property
    def node(self) -> Node:
        return self.form, self.key

    @property
    def pointer(self) -> str:
        return f"/data/{self.form}/rows/{self.index}"


@dataclass(frozen=True, slots=True)
class DataSet:
    """The reference data of one form."""

    form: str
    on: tuple[str, ...]
    rows: tuple[DataRow, ...]

    def by_key(self) -> dict[str, DataRow]:
        return {row.key: row for row in self.rows}


@dataclass(frozen=True, slots=True)
class Naming:
    """A place in a row that names a row of `form`; `key` as text."""

    pointer: str
    form: str
    key: str


def key_text(value: Any) -> str:
    """A key as it is compared: one value or a list of them."""
    values = value if isinstance(value, list) else [value]
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def row_key(on: tuple[str, ...], body: Mapping[str, Any]) -> str | None:
    """The key of a row; None when a part of it is missing."""
    values = [body.get(name) for name in on]
    return None if any(value in (None, "") for value in values) else key_text(values)


Replace = Callable[[Naming], Any]


def replaced(form: Form, body: Mapping[str, Any], replace: Replace) -> dict[str, Any]:
    """The row with every reference to a row of the app given by `replace`."""
    result = _row(form, body, "", replace)
    for key, child in form.children.items():
        rows = body.get(key)
        if isinstance(rows, list):
            result[key] = [
                _row(child, row, f"/{key}/{index}", replace) if isinstance(row, Mapping) else row
                for index, row in enumerate(rows)
            ]
    return result


def _row(kind: RowKind, body: Mapping[str, Any], pointer: str, replace: Replace) -> dict[str, Any]:
    return {
        key: _value(field, raw, f"{pointer}/{key}", replace)
        if (field := kind.fields.get(key)) is not None and raw is not None
        else raw
        for key, raw in body.items()
    }


def _value(field: Field, raw: Any, pointer: str, replace: Replace) -> Any:
    targets = [form for form in field.targets if form not in SYSTEM_FORMS]
    if not targets:
        return raw
    if field.type == "dynamic_ref":
        if not isinstance(raw, Mapping) or raw.get("form") not in targets:
            return raw
        return {**raw, "id": replace(Naming(f"{pointer}/id", raw["form"], key_text(raw.get("id"))))}
    if field.several:
        members = raw if isinstance(raw, list) else [raw]
        return [
            replace(Naming(f"{pointer}/{index}", targets[0], key_text(each)))
            for index, each in enumerate(members)
        ]
    return replace(Naming(pointer, targets[0], key_text(raw)))


def names(form: Form, body: Mapping[str, Any]) -> Iterator[Naming]:
    """Every row of the app that a row names."""
    found: list[Naming] = []

    def note(naming: Naming) -> str:
        found.append(naming)
        return ""

    replaced(form, body, note)
    yield from found
