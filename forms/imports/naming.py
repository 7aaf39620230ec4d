"""What people call stored records: their number and title, for those who have to choose among ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from forms.access import Access
from forms.compiled import Field, Form
from forms.prefetch import visible
from forms.rows import among
from forms.rows import listed as one_parameter
from forms.tables import quoted

LISTED = 10
"""Records that a sentence names."""

Names = Callable[[Collection[str]], Mapping[str, str]]
"""Tells what records are called, by id."""


def comparable(field: Field) -> bool:
    """Whether values of this field are texts that a record may be found by."""
    return field.stored and field.codec.storage == "text" and not field.parts and not field.sealed


def unnamed(ids: Collection[str]) -> Mapping[str, str]:
    """Records that nothing but their ids tells apart."""
    return dict.fromkeys(ids, "")


def names_of(access: Access, form: Form, ids: Collection[str]) -> dict[str, str]:
    """Number and title by id, as far as the person may see them; an empty text where that is nothing."""
    grants = access.seen(form.key)
    wanted = dict.fromkeys(sorted(ids), "")
    numbers = [each.key for each in form.fields.values() if each.source == "auto"]
    shown = [
        key
        for key in dict.fromkeys((*numbers, form.title))
        if key in form.fields and comparable(form.fields[key]) and grants.always_shows(key)
    ]
    if not wanted or not shown or not grants:
        return wanted
    seen = set(wanted) if grants.unlimited else visible(access, form, grants, list(wanted))
    dialect = access.work.runtime.database.dialect
    columns = ", ".join(quoted(form.column_of(key)) for key in shown)
    text = f"SELECT {quoted('id')}, {columns} FROM {quoted(form.table)} WHERE {quoted('id')} {among(dialect)}"
    for key, *values in access.work.rows(text, (one_parameter(sorted(seen), dialect),)):
        wanted[key] = " ".join(str(value) for value in values if value is not None)
    return wanted


def listed(names: Mapping[str, str], language: str) -> str:
    """`id（编号 名称）、id`: the first of some records, as they are called."""
    between, begin, end = ("、", "（", "）") if language == "zh" else (", ", " (", ")")
    first = sorted(names)[:LISTED]
    return between.join(f"{each}{begin}{names[each][:60]}{end}" if names[each] else each for each in first)
