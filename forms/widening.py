"""The steps of a publish that let people see or do more than before, by what forms and fields were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.entitled import WIDENS
from engine.definitions.plan import Step
from engine.expressions import CheckedExpression
from engine.expressions.typed import PARENT
from engine.findings import Text
from engine.permissions.compiled import IDENTITY
from engine.permissions.meaning import Carried, Clock, Gathered, Meaning, Said
from engine.permissions.widening import Comparison, Widening
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, Rollup, RowKind
from forms.evolution.evolution import Evolution
from forms.evolution.pairs import form_names, row_names
from forms.evolution.repository import Parked
from forms.masking import shows_no_more

Forms = Mapping[str, Form]
ABOVE = f"{PARENT}."


def widening_steps(
    work: UnitOfWork, before: CompiledApp | None, after: CompiledApp, found: Evolution
) -> list[Step]:
    """One step for each part of the new version that gives somebody more. What comes back out of the park is
    compared with the version that had it last.
    """
    if before is None:
        return []
    forms = _carried(before.kind("form"), after.kind("form"), found)
    wider = [*_compared(before, after, forms, forms).widenings()]
    for entry in found.restored:
        wider += _compared_again(work, after, entry)
    return _steps(after, before, wider)


def _carried(old: Forms, new: Forms, found: Evolution) -> dict[str, Carried]:
    forms = form_names(old, new)
    made = {}
    for key, form in new.items():
        was = old.get(forms.get(key, key))
        if was is not None:
            moved = {
                f"{each.child}.{after.key}": row_names(was, form).get(before.key, before.key)
                for each in found.moved
                if each.form.key == key
                for before, after in each.fields
            }
            made[key] = Carried(was.key, _names(was, form) | moved)
    return made


def _names(was: Form, form: Form) -> dict[str, str]:
    """By today's name, the name that each field had."""
    names = row_names(was, form)
    found = {name: name for name in IDENTITY} | _fields(was, form, names)
    for key, child in form.children.items():
        earlier = was.children.get(names.get(key, key))
        if earlier is not None:
            found[key] = earlier.key
            inside = _fields(earlier, child, row_names(earlier, child))
            found |= {f"{key}.{now}": f"{earlier.key}.{then}" for now, then in inside.items()}
    return found


def _fields(was: RowKind, row: RowKind, names: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for key in row.fields:
        then = names.get(key, key)
        if then in was.fields:
            found[key] = then
            for part in was.fields[then].parts:
                found[part.key.replace(then, key, 1)] = part.key
    return found


def _compared(
    before: CompiledApp, after: CompiledApp, forms: Mapping[str, Carried], asked: Mapping[str, Carried]
) -> Comparison:
    return Comparison(
        before.kind("role"),
        after.kind("role"),
        _meaning(before, _itself(before)),
        _meaning(after, forms),
        asked,
        partial(_masked, after.kind("form"), before.kind("form")),
        _asks_roles(after),
    )


def _masked(new: Forms, old: Forms, now: tuple[str, str], then: tuple[str, str]) -> bool:
    """Whether a masked field shows no more than it did. A child table shows nothing itself."""
    field, was = _field(new, *now), _field(old, *then)
    return field is None or (was is not None and shows_no_more(field, was))


def _asks_roles(app: CompiledApp) -> bool:
    """Whether any condition of a grant, or what it may read, asks which roles somebody has."""
    roles = app.kind("role").values()
    grants = [
        grant
        for role in roles
        for held in (role.grants, role.denies)
        for each in held.values()
        for grant in each
    ]
    forms: list[Form] = list(app.kind("form").values())
    rows = [row for form in forms for row in (form, *form.children.values())]
    said = [
        *(said for grant in grants for said in (grant.where, grant.check)),
        *(scope.where for scope in app.kind("scope").values()),
        *(field.expression for row in rows for field in row.fields.values()),
        *(field.rollup.where for row in rows for field in row.fields.values() if field.rollup is not None),
    ]
    return any("my_roles" in each.variables for each in said if isinstance(each, CheckedExpression))


def _itself(app: CompiledApp) -> dict[str, Carried]:
    return {key: Carried(key, _names(form, form)) for key, form in app.kind("form").items()}


def _meaning(app: CompiledApp, forms: Mapping[str, Carried]) -> Meaning:
    known: Forms = app.kind("form")
    scopes = {
        key: (each.form, each.where, each.descend, each.ascend) for key, each in app.kind("scope").items()
    }

    def formula(form: str, name: str) -> CheckedExpression | None:
        found = _field(known, form, name)
        return found.expression if found is not None else None

    def made(form: str, name: str) -> Said:
        link = known[form].referring.get(name) if form in known else None
        if link is not None:
            carried = forms.get(link.form)
            return None if carried is None else (carried.was, carried.names.get(link.link))
        found = _field(known, form, name)
        rollup = found.rollup if found is not None else None
        if found is None or rollup is None:
            return found.source if found is not None else None
        return _gathered(rollup)

    return Meaning(forms, formula, made, scopes, Clock(app.zone.key, app.calendars))


def _gathered(rollup: Rollup) -> Gathered:
    """A rollup with the places of what it names: those of the record of child rows are its form's."""
    place = f"{rollup.form}.{rollup.rows}" if rollup.rows is not None else rollup.form
    value = None
    if rollup.field is not None:
        above = rollup.rows is not None and rollup.field.startswith(ABOVE)
        value = (rollup.form, rollup.field.removeprefix(ABOVE)) if above else (place, rollup.field)
    return Gathered(place, rollup.link, rollup.agg, value, rollup.where)


def _field(forms: Forms, form: str, name: str) -> Field | None:
    child, _, inner = name.rpartition(".")
    row: Any = forms[form].children.get(child) if child else forms[form]
    return row.find(inner) if row is not None else None


def _compared_again(work: UnitOfWork, after: CompiledApp, entry: Parked) -> Iterator[Widening]:
    """What returns is given to whom it was given in the last version that had it."""
    then = work.runtime.version(work, after.key, entry.version - 1)
    had = _had(then, entry)
    if had is None:
        return
    new: Forms = after.kind("form")
    forms = {
        key: Carried(key, _names(then.kind("form")[key], form))
        for key, form in new.items()
        if key in then.kind("form")
    }
    was, name = had
    names = _names(then.kind("form")[was], new[entry.form])
    key = ".".join(part for part in (entry.child, entry.key) if part is not None)
    returning = {each for each in names if _below(each, key)} | ({key} if key else set())
    names |= {key: name} if key else {}
    forms[entry.form] = Carried(was, names)
    asked = {entry.form: Carried(was, names, frozenset(returning))}
    yield from _compared(then, after, forms, asked).widenings()


def _below(name: str, key: str) -> bool:
    """Whether a name is that of a field, or of a part of it; of everything for no key."""
    return not key or name == key or name.startswith((f"{key}.", f"{key}__"))


def _had(app: CompiledApp, entry: Parked) -> tuple[str, str] | None:
    """The form that had a parked thing, and what it was called there, '' for the form itself."""
    for form in app.kind("form").values():
        for row in (form, *form.children.values()):
            if row.table != entry.table_name:
                continue
            before = f"{row.key}." if row is not form else ""
            if entry.column_name is None:
                return form.key, before.removesuffix(".")
            for field in row.fields.values():
                if entry.column_name in (field.column, *(part.column for part in field.parts)):
                    return form.key, before + field.key
    return None


def _steps(after: CompiledApp, before: CompiledApp, wider: Iterable[Widening]) -> list[Step]:
    by_place: dict[str, list[Widening]] = {}
    for each in wider:
        by_place.setdefault(each.pointer, []).append(each)
    return [
        Step(WIDENS, "warn", pointer, _message(after, before, found)) for pointer, found in by_place.items()
    ]


def _message(after: CompiledApp, before: CompiledApp, found: list[Widening]) -> Text:
    first = found[0]
    role = _label(after, before, "role", first.role)
    forms = [
        _label(after, before, "form", key) for key in dict.fromkeys(each.form for each in found if each.form)
    ]
    zh, en = "、".join(each["zh"] for each in forms), ", ".join(each["en"] for each in forms)
    done = ", ".join(sorted({action for each in found for action in each.actions}))
    if first.what == "audits":
        return Text(
            zh=f"角色“{role['zh']}”可以查看操作日志。",
            en=f"The role '{role['en']}' may read the operation log.",
        )
    if first.what == "holders":
        return Text(
            zh=f"角色“{role['zh']}”自己所写的持有人变了：有人得到更多权限。",
            en=f"The role '{role['en']}' names other holders than before: somebody gains rights.",
        )
    if first.what == "denied":
        return Text(
            zh=f"角色“{role['zh']}”对“{zh}”的拒绝变少（{done}）。",
            en=f"The role '{role['en']}' denies less of {en} than before ({done}).",
        )
    return Text(
        zh=f"角色“{role['zh']}”对“{zh}”的权限比以前大（{done}）。",
        en=f"The role '{role['en']}' may do more with {en} than before ({done}).",
    )


def _label(after: CompiledApp, before: CompiledApp, kind: str, key: str) -> Text:
    for app in (after, before):
        said = app.composition.documents.get(kind, {}).get(key, {}).get("label")
        if isinstance(said, dict):
            return Text(zh=str(said.get("zh", key)), en=str(said.get("en", key)))
    return Text(zh=key, en=key)
