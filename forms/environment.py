"""What expressions on records see: the present, the actor's variables, and records behind references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import Env, lower, print_sql
from engine.expressions import types as t
from engine.identity.principal import Principal
from engine.permissions.roles import named_roles
from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import RecordColumns
from forms.happenings import LogHappenings
from forms.query import query_of
from forms.system_forms import LANGUAGES, SystemForm
from forms.tables import quoted

LAST = "environment of the record before"


class Variables(Mapping[str, Any]):
    """`$me` and the like at once; the app's scopes are read from the store when first asked for."""

    def __init__(
        self, work: UnitOfWork, app: CompiledApp, principal: Principal, extra: Mapping[str, Any]
    ) -> None:
        self._work = work
        self._app = app
        self._known: dict[str, Any] = {
            **principal.own_variables(),
            "my_roles": named_roles(app, principal),
            "now": work.now,
            "today": work.now.astimezone(app.zone).date(),
            **extra,
        }

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name not in self._app.kind("scope"):
                raise KeyError(name)
            self._known[name] = scope_members(self._work, self._app, name, self)
        return self._known[name]

    def of_app(self, app: str) -> Mapping[str, Any]:
        """The variables by the names that another app gives them."""
        return variables(self._work, self._app.others[app])

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._app.kind("scope")})

    def __len__(self) -> int:
        return len(list(iter(self)))


class Overlay(Mapping[str, Any]):
    """Some names laid over others, which stay unread until they are asked for."""

    def __init__(self, names: Mapping[str, Any], below: Mapping[str, Any]) -> None:
        self._names, self._below = names, below

    def __getitem__(self, name: str) -> Any:
        return self._names[name] if name in self._names else self._below[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._names
        yield from (name for name in self._below if name not in self._names)

    def __len__(self) -> int:
        return len(list(iter(self)))


def variables(work: UnitOfWork, app: CompiledApp, **extra: Any) -> Variables:
    """The variables of who acts in `work`, kept for the transaction."""
    if extra:
        return Variables(work, app, work.principal, extra)
    key = ("variables", app.key, work.principal.user)
    known: Variables | None = work.memory.get(key)
    if known is None:
        known = work.memory[key] = Variables(work, app, work.principal, {})
    return known


def environment(
    work: UnitOfWork,
    app: CompiledApp,
    *,
    old: Mapping[str, Any] | None = None,
    parent: Mapping[str, Any] | None = None,
    row: Mapping[str, Any] | None = None,
    **extra: Any,
) -> Env:
    """An environment for records of `app`; references are followed with full rights."""
    if old is None and parent is None and row is None and not extra:
        key = ("environment", app.key, work.principal.user)
        known: Env | None = work.memory.get(key)
        if known is None:
            known = work.memory[key] = _environment(work, app, variables(work, app), None, None, None)
        return known
    if parent is not None or row is not None or extra:
        return _environment(work, app, variables(work, app, **extra), old, parent, row)
    last = work.memory.get(LAST)  # one save asks for the same one again and again
    if last is None or last[0] is not old or last[1] is not app or last[2] is not work.principal:
        env = _environment(work, app, variables(work, app), old, None, None)
        last = work.memory[LAST] = (old, app, work.principal, env)
    return last[3]


def _environment(
    work: UnitOfWork,
    app: CompiledApp,
    known: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    parent: Mapping[str, Any] | None,
    row: Mapping[str, Any] | None,
) -> Env:
    return Env(
        now=work.now,
        tz=app.zone,
        variables=known,
        follow=lambda form, key: _follow(work, app, form, key),
        old=old,
        parent=parent,
        row=row,
        happenings=LogHappenings(work, app),
        calendars=app.calendars,
    )


def _follow(work: UnitOfWork, app: CompiledApp, form: str, record: str) -> Any:
    from forms.records import follow  # loading records takes environments

    return follow(work, app, form, record)


def scope_members(work: UnitOfWork, app: CompiledApp, name: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the records in a named scope, for who acts."""
    scope = app.kind("scope")[name]
    form = app.kind("form")[scope.form]
    dialect = work.runtime.database.dialect
    cached = app.memory.get(("scope", name, dialect))
    if cached is None:
        query = query_of(app, dialect)
        columns = RecordColumns(query, form, "r", form=form)
        live = f'r."deleted_at" IS NULL AND ({print_sql(lower(scope.where, columns, query.params, dialect), dialect)})'
        text = f'SELECT r."id" FROM "{form.table}" AS r WHERE {live}'
        along = scope.descend or scope.ascend
        if along is not None:
            column = form.column_of(along)
            near, far = ("id", column) if scope.descend is not None else (column, "id")
            text = (
                f'WITH RECURSIVE found(id) AS ({text} UNION SELECT c."{near}" FROM "{form.table}" AS c '
                f'JOIN found ON c."{far}" = found.id WHERE c."deleted_at" IS NULL AND c."{near}" IS NOT NULL) '
                "SELECT id FROM found"
            )
        cached = app.memory["scope", name, dialect] = (text, query.params)
    text, params = cached
    rows = work.rows(text, params.bind(known, work.now, app.zone, app.calendars))
    return tuple(sorted(row[0] for row in rows))


def system_record(work: UnitOfWork, system: SystemForm, key: str) -> dict[str, Any] | None:
    """One row of a system form in memory form, or None."""
    mark = MARK[work.runtime.database.dialect]
    names = ", ".join(quoted(name) for name in (*system.columns, system.label))
    row = work.row(f"SELECT {names} FROM {system.table} WHERE id = {mark}", (key,))
    if row is None:
        return None
    record = dict(zip(system.columns, row[:-1], strict=True))
    called = decode_json(row[-1])
    record |= {part: called.get(language) for part, language in zip(system.parts, LANGUAGES, strict=True)}
    for name, kind in system.columns.items():
        if kind == t.BOOL and record[name] is not None:
            record[name] = bool(record[name])
    return record
