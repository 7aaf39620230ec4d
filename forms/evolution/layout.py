"""Where the store keeps forms: tables and columns whose names differ from the keys.

As JSON in the version of an app, only what differs: `{"customer": {"table": "crm_client",
"columns": {"name": "title"}, "rows": {"lines": {"columns": {"qty": "qty__7"}}}}}`. A name that has to be
made ends in the version that made it: two underscores in a row are in no key, so it never meets another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.app import Layout
from forms.compiled import Form, RowKind
from forms.shape import PART

KIND = "form"


@dataclass(frozen=True, slots=True)
class RowLayout:
    """The table of a form or child table where it has another name, and such columns by field key."""

    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, RowLayout] = field(default_factory=dict)

    def child(self, key: str) -> RowLayout:
        """That of a child table."""
        return self.rows.get(key, DEFAULT)


DEFAULT = RowLayout()


def form_layout(layout: Layout, form: str) -> RowLayout:
    """The layout of one form."""
    return _read(layout.get(KIND, {}).get(form, {}))


def _read(raw: Mapping[str, Any]) -> RowLayout:
    rows = {key: _read(each) for key, each in raw.get("rows", {}).items()}
    return RowLayout(raw.get("table", ""), raw.get("columns", {}), rows)


def layout_of(forms: Mapping[str, Form]) -> dict[str, Any]:
    """The layout that compiled forms have, as JSON."""
    found = {key: _written(form, f"{form.app}_{key}") for key, form in forms.items()}
    return {key: each for key, each in found.items() if each}


def _written(row: RowKind, table: str) -> dict[str, Any]:
    columns = {each.key: each.column for each in row.fields.values() if each.column != each.key}
    children = row.children if isinstance(row, Form) else {}
    rows = {key: _written(child, f"{row.table}__{key}") for key, child in children.items()}
    found: dict[str, Any] = {
        "table": row.table if row.table != table else None,
        "columns": columns,
        "rows": {key: each for key, each in rows.items() if each},
    }
    return {key: each for key, each in found.items() if each}


def made_in(name: str, version: int) -> str:
    """A name of its own for what a version makes beside something that has `name` already."""
    return f"{name}{PART}{version}"
