"""Decides in which tables and columns a new version keeps its values.

What stays what it was keeps its column; what is new or holds values of another kind has one of its own.
"""

from __future__ import annotations

from typing import Any

from forms.compiled import Field, RowKind
from forms.evolution.evolution import Evolution
from forms.evolution.pairs import row_pairs
from forms.evolution.physical import Names


def lay_out(found: Evolution, names: Names, app: str) -> dict[str, Any]:
    """The layout of all forms as JSON (`forms.evolution.layout`)."""
    layout = {}
    for key, form in found.after.items():
        was = found.before.get(key)
        default = f"{app}_{key}"
        table = was.table if was is not None else names.table(default)
        moved = {(each.child, each.after.key) for each in found.changed if each.form is form}
        place = _row(form, was, table, names, {name for child, name in moved if child is None})
        place |= {"table": table} if table != default else {}
        rows = {
            name: each
            for name, child in form.children.items()
            if (
                each := _child(
                    child,
                    was.children.get(name) if was else None,
                    table,
                    names,
                    {field for above, field in moved if above == name},
                )
            )
        }
        if rows:
            place["rows"] = rows
        if place:
            layout[key] = place
    return layout


def still_laid_out(found: Evolution) -> bool:
    """Whether the version after, which there is room for by now, keeps its values where a layout made at this
    moment would: what stays what it was in its old column, what becomes something else beside it.
    """
    changed = {(each.form.key, each.child, each.after.key) for each in found.changed}
    return not (found.clashes or found.unmovable) and all(
        row.table == was.table
        and all(
            (field.column != was.fields[key].column) is ((form.key, child, key) in changed)
            for key, field in row.fields.items()
            if not field.system and field.stored and key in was.fields and was.fields[key].stored
        )
        for form, child, was, row in row_pairs(found.before, found.after)
    )


def _child(child: RowKind, was: RowKind | None, above: str, names: Names, moved: set[str]) -> dict[str, Any]:
    default = f"{above}__{child.key}"
    table = was.table if was is not None else names.table(default)
    return _row(child, was, table, names, moved) | ({"table": table} if table != default else {})


def _row(row: RowKind, was: RowKind | None, table: str, names: Names, moved: set[str]) -> dict[str, Any]:
    columns = {
        key: column
        for key, field in row.fields.items()
        if not field.system and (column := _column(field, was, table, names, moves=key in moved)) != key
    }
    return {"columns": columns} if columns else {}


def _column(field: Field, was: RowKind | None, table: str, names: Names, *, moves: bool) -> str:
    before = was.fields.get(field.key) if was is not None else None
    if before is not None and not moves and (before.stored or not field.stored):
        return before.column
    if was is None or not field.stored:
        return field.key
    parts = [part.key.removeprefix(f"{field.key}__") for part in field.parts]
    return names.column(table, field.key, links=field.linked, parts=parts)
