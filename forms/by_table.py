"""Forms and child tables by the tables that hold their rows: what waits names these, since keys may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from forms.compiled import Form, FormNotFound, RowKind, compiled_form


def form_by_table(app: CompiledApp, table: str) -> Form | None:
    """The form that keeps its records in a table; None when it is parked or gone."""
    forms: Mapping[str, Form] = app.kind("form")
    return next((form for form in forms.values() if form.table == table), None)


def row_by_table(app: CompiledApp, table: str) -> RowKind | None:
    """The same for a form or child table."""
    forms: Mapping[str, Form] = app.kind("form")
    rows = (row for form in forms.values() for row in (form, *form.children.values()))
    return next((row for row in rows if row.table == table), None)


def form_of(app: CompiledApp, payload: Mapping[str, Any]) -> Form:
    """The form that the payload of a job names: by its `table`, in one that was written without by its `form`.
    Raises FormNotFound, DefinitionBroken.
    """
    if "table" not in payload:
        return compiled_form(app, payload["form"])
    form = form_by_table(app, payload["table"])
    if form is None:
        app.require_whole("form", payload["form"])
        raise FormNotFound()
    return form
