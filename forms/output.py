"""Records as JSON: rows of a reading plan, with child rows and nested references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.permissions.compiled import NOTHING, CompiledGrant, GrantSet
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Form, RowKind
from forms.environment import environment, variables
from forms.masking import masked
from forms.plans import kept
from forms.reading_columns import Column, Listed, Path, RowsPlan
from forms.reading_plan import ReadingPlan
from forms.reading_rows import make_child_plan
from forms.telling import Tell, tell
from forms.watched import note_reads


def record_json(
    access: Access, form: Form, plan: ReadingPlan, found: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """One object per row; a field that the row's grants do not show is absent."""
    width = len(plan.columns)
    leaving = access.exporting is not None
    answers = [
        _object(shown_columns(plan, row[width : width + plan.flags], leaving=leaving), row) for row in found
    ]
    if plan.composed:
        _clear_empty(plan.composed, answers)
    if plan.children and answers:
        _add_children(access, form, plan, found, answers)
    _add_named(access, plan.lists, answers)
    note_reads(access, form, plan, found, answers)
    return answers


def saved_json(access: Access, form: Form, record: Record) -> dict[str, Any] | None:
    """A record just saved, as its writer may read it, without asking the store again.

    None when that takes the store: virtual fields, or no right to read it.
    """
    return telling_saved(access, form)(record)


def telling_saved(access: Access, form: Form) -> Callable[[Record], dict[str, Any] | None]:
    """As `saved_json`, for any number of records of a form."""
    if _virtual(form):
        return lambda _record: None
    usual = access.seen(form.key) if access.work.principal.may(access.app.key, form.key, "view") else NOTHING
    env = environment(access.work, access.app)
    known: dict[tuple[CompiledGrant, ...] | None, Written] = {}

    def told(record: Record) -> dict[str, Any] | None:
        grants = usual or access.readable(form.key, record["id"])
        held = access.held(grants, record, env, write=False)
        if held == ():
            return None
        written = known.get(held)
        if written is None:
            written = known[held] = _written_by(access, form, held)
        own, children, versioned = written
        answer = own(record)
        if versioned:
            answer["version"] = answer["rev"]
        for key, cells in children:
            answer[key] = [cells(row) for row in record[key]]
        return answer

    return told


def _virtual(form: Form) -> bool:
    """Whether the form has values that are computed when they are read."""
    kinds = (form, *form.children.values())
    return form.once(
        "virtual", lambda: any(not field.stored for kind in kinds for field in kind.fields.values())
    )


Written = tuple[Tell, list[tuple[str, Tell]], bool]


def _written_by(access: Access, form: Form, held: tuple[CompiledGrant, ...] | None) -> Written:
    """What tells the fields that these grants show, for each child table they show what tells a row, and
    whether the revision has its second name too.
    """

    def shows(name: str) -> bool:
        return held is None or any(grant.shows(name) for grant in held)

    def writes(kind: RowKind, prefix: str) -> Iterator[tuple[str, Callable[[Any], Any] | None]]:
        for key, field in kind.fields.items():
            if shows(prefix + key):
                yield key, field.codec.told
            elif held is not None and any(grant.masks(prefix + key) for grant in held):
                yield key, _then(field.codec.json_of, masked(field))

    def make() -> Written:
        shown = [(key, write) for key, write in writes(form, "") if key != "deleted_at"]
        children = [
            (key, tell(list(writes(child, f"{key}.")))) for key, child in form.children.items() if shows(key)
        ]
        versioned = "version" not in form.fields and "rev" in dict(shown)
        return tell(shown), children, versioned

    return kept(access.app, ("written", form.key, held), make)


Shown = list[tuple[int, str | None, Path, Any]]
"""Place in the row, key of a plain field, path, and how the value becomes JSON."""


def shown_columns(plan: ReadingPlan | RowsPlan, flags: Sequence[Any], *, leaving: bool = False) -> Shown:
    """The columns that a row with these grant flags shows; made once per combination. `leaving`: they are
    written to a file, where nothing stands for what is masked.
    """
    key = tuple(map(bool, flags))
    known: Shown | None = plan.shown.get(key)
    if known is None:
        known = plan.shown[key] = [
            (place, column.path[0] if len(column.path) == 1 else None, column.path, to_json)
            for place, column in enumerate(plan.columns)
            for to_json in _sight(column, key, leaving=leaving)
        ]
        twice = [(place, "version", path, same) for place, key_, path, same in known if key_ == "rev"]
        if plan.versioned and twice:
            known += twice
            known.sort(key=lambda each: each[0])
    return known


def _sight(column: Column, flags: tuple[bool, ...], *, leaving: bool) -> Iterator[Any]:
    """How a column of a row with these grant flags becomes JSON: as it is, masked, or not at all."""
    if column.shown_by is None or not flags or any(flags[flag] for flag in column.shown_by):
        yield column.to_json
    elif any(flags[flag] for flag in column.masked_by):
        yield _nothing if leaving else _then(column.to_json, column.mask)


def _nothing(_value: Any) -> None:
    return None


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
        if inner is None and name in here:
            return  # it names nothing
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
        answer["id"]: row[width : width + plan.flags] for answer, row in zip(answers, found, strict=True)
    }
    for key, paths in plan.children.items():
        for answer in answers:
            if _shown(grants, flags[answer["id"]], key):
                answer[key] = []
        rows = _child_plan(access, form, key, grants, paths)
        added: list[dict[str, Any]] = []
        for parent, *values in _asked(access, rows, parents=tuple(by_id)):
            if key in by_id[parent]:
                shown = shown_columns(rows, flags[parent], leaving=access.exporting is not None)
                row = _object(shown, values)
                by_id[parent][key].append(row)
                added.append(row)
        if rows.composed:
            _clear_empty(rows.composed, added)
        _add_named(access, rows.lists, added)


def _child_plan(access: Access, form: Form, key: str, grants: GrantSet, paths: tuple[Path, ...]) -> RowsPlan:
    dialect, child = access.work.runtime.database.dialect, form.children[key]

    def make() -> RowsPlan:
        return make_child_plan(
            access.app, form, child, dialect, grants_of=access.seen, grants=grants, paths=paths
        )

    return kept(access.app, ("rows", form.key, key, dialect, access.key, grants.key, paths), make)


def _asked(access: Access, plan: RowsPlan, **known: tuple[str, ...]) -> list[tuple[Any, ...]]:
    work, app = access.work, access.app
    bound = plan.params.bind(variables(work, app, **known), work.now, app.zone, app.calendars)
    return work.rows(plan.text, bound)


def _add_named(access: Access, lists: Sequence[Listed], answers: Sequence[dict[str, Any]]) -> None:
    """Lists of ids become lists of objects, one statement for each list. Of a record that the reader may
    not see nothing but its id is there.
    """
    for listed in lists:
        holders = [
            holder
            for answer in answers
            if (holder := _holder(answer, listed.path)) is not None
            and isinstance(holder.get(listed.path[-1]), list)
        ]
        name = listed.path[-1]
        ids = tuple(sorted({each for holder in holders for each in holder[name]}))
        if not ids:
            continue
        shown = shown_columns(listed.plan, (), leaving=access.exporting is not None)
        nothing = (None,) * len(listed.plan.columns)
        found = {each: {"id": each, **_object(shown, nothing)} for each in ids}
        for key, *values in _asked(access, listed.plan, record_ids=ids):
            found[key] = {"id": key, **_object(shown, values)}
        rows = list(found.values())
        if listed.plan.composed:
            _clear_empty(listed.plan.composed, rows)
        _add_named(access, listed.plan.lists, rows)
        for holder in holders:
            holder[name] = [found[each] for each in holder[name]]


def _holder(answer: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The object in an answer that has the value at a path."""
    here: Any = answer
    for name in path[:-1]:
        here = here.get(name) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else None


def _shown(grants: GrantSet, flags: Sequence[Any], name: str) -> bool:
    if grants.unlimited:
        return True
    if not flags:
        return grants.always_shows(name)
    return any(flag and grant.shows(name) for flag, grant in zip(flags, grants.grants, strict=True))
