"""Records as JSON: rows of a reading plan, with child rows and nested references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.permissions.compiled import GrantSet
from engine.protocols import Record
from forms.access import Access
from forms.compiled import ChildTable, Form
from forms.environment import environment, variables
from forms.plans import kept
from forms.reading_plan import ChildPlan, Path, ReadingPlan, make_child_plan


def record_json(
    access: Access, form: Form, plan: ReadingPlan, found: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """One object per row; a field that the row's grants do not show is absent."""
    width = len(plan.columns)
    answers = [_object(shown_columns(plan, row[width : width + plan.flags]), row) for row in found]
    if plan.children and answers:
        _add_children(access, form, plan, found, answers)
    return answers


def saved_json(access: Access, form: Form, record: Record) -> dict[str, Any] | None:
    """A record just saved, as its writer may read it, without asking the store again.

    None when that takes the store: virtual fields, or no right to read it.
    """
    grants = access.readable(form.key, record["id"])
    kinds = (form, *form.children.values())
    if any(not field.stored for kind in kinds for field in kind.fields.values()):
        return None
    held = access.held(grants, record, environment(access.work, access.app), write=False)
    if held == ():
        return None

    def shows(name: str) -> bool:
        return held is None or any(grant.shows(name) for grant in held)

    answer = {
        field.key: field.codec.json_of(record[field.key])
        for field in form.fields.values()
        if field.key != "deleted_at" and shows(field.key)
    }
    if "version" not in form.fields and "rev" in answer:
        answer["version"] = answer["rev"]  # its second name
    for key, child in form.children.items():
        if shows(key):
            names = [name for name in child.fields if shows(f"{key}.{name}")]
            answer[key] = [
                {name: child.fields[name].codec.json_of(row[name]) for name in names} for row in record[key]
            ]
    return answer


Shown = list[tuple[int, str | None, Path, Any]]
"""Place in the row, key of a plain field, path, and how the value becomes JSON."""


def shown_columns(plan: ReadingPlan, flags: Sequence[Any]) -> Shown:
    """The columns that a row with these grant flags shows; made once per combination."""
    key = tuple(map(bool, flags))
    known: Shown | None = plan.shown.get(key)
    if known is None:
        known = plan.shown[key] = [
            (place, column.path[0] if len(column.path) == 1 else None, column.path, column.to_json)
            for place, column in enumerate(plan.columns)
            if column.shown_by is None or not key or any(key[flag] for flag in column.shown_by)
        ]
        twice = [(place, "version", path, same) for place, key_, path, same in known if key_ == "rev"]
        if plan.versioned and twice:
            known += twice
            known.sort(key=lambda each: each[0])
    return known


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
                by_id[parent][key].append(
                    {
                        name: value
                        for name, value in row.items()
                        if _shown(grants, flags[parent], f"{key}.{name}")
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
    for parent, *values in work.rows(plan.text, plan.params.bind(known, work.now, app.zone)):
        yield (
            parent,
            {
                name: value if value is None or to_json is None else to_json(value)
                for (name, to_json), value in zip(plan.columns, values, strict=True)
            },
        )


def _shown(grants: Any, flags: Sequence[bool], name: str) -> bool:
    if grants.unlimited:
        return True
    if not flags:
        return bool(grants.always_shows(name))
    return any(flag and grant.shows(name) for flag, grant in zip(flags, grants.grants, strict=True))
