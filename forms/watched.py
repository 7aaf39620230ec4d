"""Marked fields: who is shown their whole value is written to the access log before the answer leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.permissions.compiled import GrantSet
from engine.reads.keeper import keeper_of
from forms.access import Access
from forms.compiled import Field, Form, RowKind
from forms.reach import forms_in_reach
from forms.reading_columns import Column, Path, RowsPlan, field_at
from forms.reading_plan import ReadingPlan
from forms.shape import PART

Watched = tuple[tuple[int, Column, str], ...]
"""Place in the row, column, and how the field is called in the log."""
KEY, CHILDREN = "watched", "watched children"


def is_watched(field: Field | None) -> bool:
    """Whether the reads of a field are logged: as its document says, else when it is encrypted or has a mask."""
    if field is None or field.system:
        return False
    options = field.kind.options
    said: bool | None = getattr(options, "log_reads", None)
    return field.sealed or getattr(options, "mask", None) is not None if said is None else said


def watched_names(kind: RowKind) -> tuple[str, ...]:
    """The fields of a row whose reads are logged."""
    return tuple(key for key, field in kind.fields.items() if is_watched(field))


def watched_columns(forms: Mapping[str, Form], row: RowKind | None, plan: ReadingPlan | RowsPlan) -> Watched:
    """The columns of a plan whose reads are logged; found once for each plan."""
    known: Watched | None = plan.shown.get(KEY)
    if known is None:
        known = plan.shown[KEY] = tuple(
            (place, column, _called(column.path))
            for place, column in enumerate(plan.columns)
            if is_watched(field_at(forms, row, _own(column.path)))
        )
    return known


def _own(path: Path) -> Path:
    return (*path[:-1], path[-1].partition(PART)[0])


def _called(path: Path) -> str:
    return ".".join(_own(path))


def note_reads(
    access: Access,
    form: Form,
    plan: ReadingPlan,
    found: Sequence[Sequence[Any]],
    answers: Sequence[Mapping[str, Any]],
) -> None:
    """Log which marked values the rows of an answer show whole. Raises AccessLogFull."""
    columns = watched_columns(forms_in_reach(access.app), form, plan)
    children = _children(form, plan)
    if not columns and not children:
        return
    width = len(plan.columns)
    grants = access.readable(form.key, answers[0]["id"]) if children and answers else None
    shown: dict[tuple[str, ...], list[str]] = {}
    for row, answer in zip(found, answers, strict=True):
        flags = row[width : width + plan.flags]
        names = [name for place, column, name in columns if row[place] is not None and _whole(column, flags)]
        for key, watched in children:
            names += _in_rows(key, watched, answer.get(key) or (), grants, flags)
        if names:
            shown.setdefault(tuple(dict.fromkeys(names)), []).append(answer["id"])
    for fields, records in shown.items():
        note(access, form, fields, records)


def _children(form: Form, plan: ReadingPlan) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The child tables of an answer with their watched fields; found once for each plan."""
    known: tuple[tuple[str, tuple[str, ...]], ...] | None = plan.shown.get(CHILDREN)
    if known is None:
        all_ = ((key, watched_names(form.children[key])) for key in plan.children)
        known = plan.shown[CHILDREN] = tuple((key, names) for key, names in all_ if names)
    return known


def _whole(column: Column, flags: Sequence[Any]) -> bool:
    return column.shown_by is None or not flags or any(flags[flag] for flag in column.shown_by)


def _in_rows(
    key: str,
    watched: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    grants: GrantSet | None,
    flags: Sequence[Any],
) -> list[str]:
    there = [f"{key}.{name}" for name in watched if any(row.get(name) is not None for row in rows)]
    if grants is None or grants.unlimited:
        return there
    holding = (
        [grant for grant, flag in zip(grants.grants, flags, strict=False) if flag] if flags else grants.grants
    )
    return [name for name in there if any(grant.shows(name) for grant in holding)]


def note(
    access: Access, form: Form, fields: Sequence[str], records: Sequence[str], *, way: str | None = None
) -> None:
    """Log that who acts was shown these fields of these records; what the app reads for itself is no read."""
    work = access.work
    if work.principal.is_system:
        return
    how = way or ("export" if access.exporting is not None else work.source)
    keeper_of(work.runtime).add(work, access.app.key, form.key, fields, records, how)
