"""Records as JSON: rows of a reading plan, with child rows and nested references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.permissions.compiled import CompiledGrant, GrantSet
from engine.protocols import Record
from forms.access import Access
from forms.compiled import PART, ChildTable, Form, RowKind
from forms.environment import environment, variables
from forms.masking import masked
from forms.plans import kept
from forms.reading_plan import ChildPlan, Column, Path, ReadingPlan, make_child_plan


def record_json(
    access: Access, form: Form, plan: ReadingPlan, found: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """One object per row; a field that the row's grants do not show is absent."""
    width = len(plan.columns)
    answers = [_object(shown_columns(plan, row[width : width + plan.flags]), row) for row in found]
    if plan.composed:
        _clear_empty(plan.composed, answers)
    if plan.children and answers:
        _add_children(access, form, plan, found, answers)
    return answers


def saved_json(access: Access, form: Form, record: Record) -> dict[str, Any] | None:
    """A record just saved, as its writer may read it, without asking the store again.

    None when that takes the store: virtual fields, or no right to read it.
    """
    if _virtual(form):
        return None
    grants = access.readable(form.key, record["id"])
    held = access.held(grants, record, environment(access.work, access.app), write=False)
    if held == ():
        return None
    writes, children = _written_by(access, form, held)
    answer = {key: json_of(record[key]) for key, json_of in writes}
    if "version" not in form.fields and "rev" in answer:
        answer["version"] = answer["rev"]  # its second name
    for key, cells in children:
        answer[key] = [{name: json_of(row[name]) for name, json_of in cells} for row in record[key]]
    return answer


def _virtual(form: Form) -> bool:
    """Whether the form has values that are computed when they are read."""
    known: bool | None = form.sql.get("virtual")
    if known is None:
        kinds = (form, *form.children.values())
        known = any(not field.stored for kind in kinds for field in kind.fields.values())
        form.sql["virtual"] = known
    return known


Writes = list[tuple[str, Callable[[Any], Any]]]


def _written_by(
    access: Access, form: Form, held: tuple[CompiledGrant, ...] | None
) -> tuple[Writes, list[tuple[str, Writes]]]:
    """The fields, and the child tables with theirs, that these grants show, each with how it becomes JSON."""

    def shows(name: str) -> bool:
        return held is None or any(grant.shows(name) for grant in held)

    def writes(kind: RowKind, prefix: str) -> Iterator[tuple[str, Callable[[Any], Any]]]:
        for key, field in kind.fields.items():
            if shows(prefix + key):
                yield key, field.codec.json_of
            elif held is not None and any(grant.masks(prefix + key) for grant in held):
                yield key, _then(field.codec.json_of, masked(field))

    def make() -> tuple[Writes, list[tuple[str, Writes]]]:
        own = [(key, write) for key, write in writes(form, "") if key != "deleted_at"]
        children = [
            (key, list(writes(child, f"{key}."))) for key, child in form.children.items() if shows(key)
        ]
        return own, children

    return kept(access.app, ("written", form.key, held), make)


Shown = list[tuple[int, str | None, Path, Any]]
"""Place in the row, key of a plain field, path, and how the value becomes JSON."""


def shown_columns(plan: ReadingPlan, flags: Sequence[Any]) -> Shown:
    """The columns that a row with these grant flags shows; made once per combination."""
    key = tuple(map(bool, flags))
    known: Shown | None = plan.shown.get(key)
    if known is None:
        known = plan.shown[key] = [
            (place, column.path[0] if len(column.path) == 1 else None, column.path, to_json)
            for place, column in enumerate(plan.columns)
            for to_json in _sight(column, key)
        ]
        twice = [(place, "version", path, same) for place, key_, path, same in known if key_ == "rev"]
        if plan.versioned and twice:
            known += twice
            known.sort(key=lambda each: each[0])
    return known


def _sight(column: Column, flags: tuple[bool, ...]) -> Iterator[Any]:
    """How a column of a row with these grant flags becomes JSON: as it is, masked, or not at all."""
    if column.shown_by is None or not flags or any(flags[flag] for flag in column.shown_by):
        yield column.to_json
    elif any(flags[flag] for flag in column.masked_by):
        yield _then(column.to_json, column.mask)


def _then(to_json: Any, mask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return mask if to_json is None else lambda value: mask(to_json(value))


def _object(shown: Shown, row: Sequence[Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for place, key, path, to_json in shown:
        value = row[place]
        if value is not None and to_json is not None:
            value = to_json(value)
        if key is not None:
            answer[key] = value
        else:
            _nest(answer, path, value)
    return answer


def _nest(answer: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    here = answer
    for name in path[:-1]:
        inner = here.get(name)
        if not isinstance(inner, dict):
            inner = here[name] = {} if inner is None else {"id": inner}
        here = inner
    here[path[-1]] = value


def _clear_empty(composed: tuple[Path, ...], answers: list[dict[str, Any]]) -> None:
    """Values of several parts that are all empty are empty as a whole."""
    for path in composed:
        for answer in answers:
            here: Any = answer
            for name in path[:-1]:
                here = here.get(name) or {}
            value = here.get(path[-1])
            if value is not None and all(part is None for part in value.values()):
                here[path[-1]] = None


def _compose(child: ChildTable, row: dict[str, Any]) -> dict[str, Any]:
    """A child row whose values of several parts are objects."""
    for field in child.composed:
        names = [part.key for part in field.parts]
        if names[0] in row:
            value = {name.partition(PART)[2]: row.pop(name) for name in names}
            row[field.key] = value if any(part is not None for part in value.values()) else None
    return row


def _add_children(
    access: Access,
    form: Form,
    plan: ReadingPlan,
    found: Sequence[Sequence[Any]],
    answers: list[dict[str, Any]],
) -> None:
    """Child rows of all records, one statement per child table."""
    # without grants one record is read at a time, and what is shared of it counts
    grants = access.readable(form.key, answers[0]["id"])
    width = len(plan.columns)
    by_id = {answer["id"]: answer for answer in answers}
    flags = {
        answer["id"]: [bool(flag) for flag in row[width : width + plan.flags]]
        for answer, row in zip(answers, found, strict=True)
    }
    for key in plan.children:
        child = form.children[key]
        for answer in answers:
            if _shown(grants, flags[answer["id"]], key):
                answer[key] = []
        for parent, row in _child_rows(access, form, child, grants, list(by_id)):
            if key in by_id[parent]:
                cells = _compose(child, row).items()
                by_id[parent][key].append(
                    {
                        name: shown
                        for name, value in cells
                        for shown in _cell(grants, flags[parent], child, name, value)
                    }
                )


def _child_rows(
    access: Access, form: Form, child: ChildTable, grants: GrantSet, parents: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(parent, row as JSON) of the rows of some records; lookups reach only what the reader sees."""
    work, app = access.work, access.app
    dialect = work.runtime.database.dialect

    def make() -> ChildPlan:
        return make_child_plan(app, form, child, dialect, grants_of=access.seen, grants=grants)

    plan = kept(app, ("rows", form.key, child.key, dialect, access.key, grants.key), make)
    known = variables(work, app, parents=tuple(parents))
    for parent, *values in work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars)):
        yield (
            parent,
            {
                name: value if value is None or to_json is None else to_json(value)
                for (name, to_json), value in zip(plan.columns, values, strict=True)
            },
        )


def _cell(grants: GrantSet, flags: Sequence[bool], child: ChildTable, name: str, value: Any) -> Iterator[Any]:
    """The value of a child row as these grant flags show it: as it is, masked, or not at all."""
    full = f"{child.key}.{name}"
    if _shown(grants, flags, full):
        yield value
    elif any(grant.masks(full) and (not flags or flags[at]) for at, grant in enumerate(grants.grants)):
        yield masked(child.fields[name])(value)


def _shown(grants: Any, flags: Sequence[bool], name: str) -> bool:
    if grants.unlimited:
        return True
    if not flags:
        return bool(grants.always_shows(name))
    return any(flag and grant.shows(name) for flag, grant in zip(flags, grants.grants, strict=True))
