"""References by what people write: an id, any unique value of the other record, its number or its title.

Only records that the person may see are found, by fields that the person may see there. What names
several records is refused with their ids, numbers and titles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from sqlglot import exp

from engine.expressions import Params, print_sql
from engine.identity.principal import SYSTEM_USER
from engine.storage.columns import decode_json
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.columns import RecordColumns, any_of, col, table
from forms.compiled import Field, Form
from forms.environment import environment, variables
from forms.imports.naming import Names, comparable, listed, names_of, unnamed
from forms.plans import kept
from forms.query import query_of
from forms.reading_rows import one_of
from forms.system_forms import SYSTEM_FORMS, USER
from forms.uniques import unique_keys
from forms.values import Problem

BRACKETS = re.compile(r"(.*?)\s*\[([^\[\]]{1,64})\]\s*\Z", re.DOTALL)
"""`名称 [id]`, as exports write a record that no value names alone. In another store the name has to do."""

Found = Mapping[str, "str | Problem"]


class Resolver:
    """Finds records by text. One per slice of an import: what was found once is remembered."""

    def __init__(self, by: Mapping[str, str]) -> None:
        self._by = by
        self._known: dict[tuple[str, str], dict[str, str | Problem]] = defaultdict(dict)

    def resolve(self, access: Access, field: Field, name: str, texts: Iterable[str]) -> Found:
        """The id, or what is wrong, for each text in a reference field called `name`."""
        target = str(field.targets[0])
        by = self._by.get(name, "")
        known = self._known[target, by]
        missing = sorted({text for text in texts if text not in known})
        if missing:
            known.update(find(access, target, missing, by=by))
        return known

    def forget(self, target: str) -> None:
        """What was found, or not, in a form that gets records meanwhile."""
        for key in [each for each in self._known if each[0] == target]:
            del self._known[key]


def find(access: Access, target: str, texts: list[str], *, by: str = "") -> dict[str, str | Problem]:
    """The records of a form that texts name."""
    told: Names = unnamed
    parts = {text: found for text in texts if (found := BRACKETS.match(text)) is not None}
    exact = {text: found[2] for text, found in parts.items()}
    matches: dict[str, set[str]] = {text: set() for text in texts}
    if target in SYSTEM_FORMS:
        people_called(access.work, target, texts, exact, matches)
    else:
        access, target = access.home(target)
        form = access.app.kind("form")[target]
        told = partial(names_of, access, form)
        wanted = {each: (each, exact.get(each, each)) for each in texts}
        _by_column(access, form, "id", wanted, matches)
        names = {each: each for each in texts}
        stems = {text: found[1] for text, found in parts.items() if found[1]}
        for called in (names, stems):
            for key in (by,) if by else naming_fields(form):
                open_ = {text: name for text, name in called.items() if not matches[text]}
                if key in form.fields and open_:
                    _by_field(access, form, form.fields[key], open_, matches)
    return {text: answer_for(text, found, told) for text, found in matches.items()}


def naming_fields(form: Form) -> list[str]:
    """The fields whose values name a record: unique ones, serial numbers, then the title."""
    single = [rule.fields[0] for rule in form.uniques if len(rule.fields) == 1 and rule.when is None]
    numbers = [field.key for field in form.fields.values() if field.source == "auto"]
    title = [form.title] if form.title in form.fields else []
    plain = [key for key in (*single, *numbers, *title) if comparable(form.fields[key])]
    return list(dict.fromkeys(plain))


def _by_field(
    access: Access, form: Form, field: Field, called: Mapping[str, str], matches: dict[str, set[str]]
) -> None:
    """Matches of one field for texts and what they call it, by its unique key where it has one: that one is normalised and indexed."""
    rule = next(
        (r for r in form.uniques if r.fields == (field.key,) and r.when is None and r.keyed is None), None
    )
    if rule is None:
        _by_column(access, form, field.key, {text: (name,) for text, name in called.items()}, matches)
        return
    env = environment(access.work, access.app)
    blank = dict.fromkeys(form.fields)
    wanted = {
        text: tuple(filter(None, (unique_keys(form, {**blank, field.key: name}, env)[rule.column],)))
        for text, name in called.items()
    }
    _by_column(access, form, rule.column, wanted, matches, guarded=field.key)


def _by_column(
    access: Access,
    form: Form,
    column: str,
    wanted: Mapping[str, tuple[str, ...]],
    matches: dict[str, set[str]],
    *,
    guarded: str | None = None,
) -> None:
    """Add to `matches` the visible records that have one of the wanted values in a column."""
    grants = access.seen(form.key)
    shown = guarded or column
    if not grants or not (shown == "id" or grants.shows(shown)):
        return
    dialect = access.work.runtime.database.dialect

    def make() -> tuple[str, Params]:
        query = query_of(access.app, dialect)
        columns = RecordColumns(query, form, "r", form=form, grants=grants)
        stored = form.column_of(column)
        select = exp.select(col("r", "id"), col("r", stored)).from_(table(form.table, "r"))
        select = select.where(one_of(query, col("r", stored), "wanted_values"), copy=False)
        select = select.where(exp.Is(this=col("r", "deleted_at"), expression=exp.null()), copy=False)
        showing = [each for each in grants.grants if shown == "id" or each.shows(shown)]
        if not grants.unlimited and not any(each.every_row for each in showing):
            select = select.where(exp.paren(any_of([columns.rows_of(each) for each in showing])))
        return print_sql(select, dialect), query.params

    text, params = kept(access.app, ("named", form.key, dialect, grants.key, column), make)
    values = tuple(sorted({value for each in wanted.values() for value in each}))
    known = variables(access.work, access.app, wanted_values=values)
    rows = access.work.rows(text, params.bind(known, access.work.now, access.app.zone, access.app.calendars))
    ids: dict[str, set[str]] = defaultdict(set)
    for key, value in rows:
        ids[str(value)].add(key)
    for name, keys in wanted.items():
        for key in keys:
            matches[name] |= ids.get(key, set())


def people_called(
    work: UnitOfWork, target: str, texts: list[str], exact: Mapping[str, str], matches: dict[str, set[str]]
) -> None:
    """Users by id, login name or name, and the system, which owns what it made; departments by id or name."""
    system = SYSTEM_FORMS[target]
    login = "username" if "username" in system.columns else "id"
    named: dict[str, set[str]] = defaultdict(set)
    firm: dict[str, set[str]] = defaultdict(set)
    ids = {SYSTEM_USER} if target == USER.key else set[str]()
    for key, username, names in work.rows(f"SELECT id, {login}, {system.label} FROM {system.table}"):
        ids.add(key)
        firm[username].add(key)
        for name in _names(names):
            named[name].add(key)
    for key in ids:
        firm[key].add(key)
    for text in texts:
        inside = exact.get(text, "")
        behind = {inside} if inside in ids else firm.get(inside)  # an export writes the id there
        matches[text] |= firm.get(text) or behind or named.get(text.strip(), set())


def _names(stored: Any) -> set[str]:
    found = decode_json(stored)
    return {str(each) for each in found.values()} if isinstance(found, dict) else {str(stored)}


def answer_for(text: str, found: set[str], names: Names = unnamed) -> str | Problem:
    """The one record that a text names, or what is wrong with the text; `names` tells what records are called."""
    if len(found) == 1:
        return next(iter(found))
    if not found:
        return Problem(
            "not_found",
            f"没有“{text[:40]}”，或您无权查看。",
            f"There is no '{text[:40]}', or you may not see it.",
            "请检查名称，或填写记录的 id。",
            "Check the name, or write the id of the record.",
        )
    told = names(found)
    return Problem(
        "ambiguous_reference",
        f"有 {len(found)} 条记录名为“{text[:40]}”。",
        f"{len(found)} records are called '{text[:40]}'.",
        f"请改填 id：{listed(told, 'zh')}。",
        f"Write the id instead: {listed(told, 'en')}.",
    )
