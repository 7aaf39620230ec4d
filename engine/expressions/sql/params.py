"""Bound parameters: constants known now, variables and the clock known when the query runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from types import MappingProxyType
from typing import Any, Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql.build import cast
from engine.expressions.sql.sqlite.moments import moment_text
from engine.expressions.sql.sqlite.wide import narrow
from engine.expressions.types import DATE, DATETIME, INTEGER, TEXT, Type, list_of
from engine.expressions.working_time import WorkCalendar, days_of

Dialect = Literal["sqlite", "postgres", "duckdb"]
Calendars = Mapping[str, WorkCalendar]

_CASTS = {
    "postgres": {"date": "DATE", "datetime": "TIMESTAMPTZ", "bool": "BOOLEAN", "choices": "JSONB"},
    "duckdb": {"date": "DATE", "datetime": "TIMESTAMP", "bool": "BOOLEAN", "choices": "TEXT[]"},
}
_WIDE = {"postgres": "DECIMAL", "duckdb": "INT128"}
NO_CALENDARS: Calendars = MappingProxyType({})
_DAY_NUMBERS = list_of(INTEGER)
_CALENDAR_PARTS = {"first": INTEGER, "last": INTEGER, "spelled": TEXT}
_NUMBERS = {"number", "money", "duration"}


def stored(value: Any, dialect: Dialect) -> Any:
    """A value in memory form as this dialect stores and binds it."""
    if dialect == "sqlite":
        return _stored_in_sqlite(value)
    if isinstance(value, datetime) and dialect == "duckdb":
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, tuple | list | set | frozenset):
        return [stored(each, dialect) for each in value]
    return value


def _stored_in_sqlite(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return narrow(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list | set | frozenset):
        return json.dumps([_stored_in_sqlite(each) for each in value], ensure_ascii=False)
    return value


@runtime_checkable
class OfApps(Protocol):
    """Variables that know those of other apps, too."""

    def of_app(self, app: str) -> Mapping[str, Any]:
        """The variables by the names that another app gives them."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is only known when the query runs."""

    variables: Mapping[str, Any]
    now: datetime
    tz: ZoneInfo
    calendars: Calendars

    def inside(self, app: str, tz: ZoneInfo, calendars: Calendars) -> Run:
        """The same run as the expressions of another app see it."""
        variables = self.variables.of_app(app) if isinstance(self.variables, OfApps) else self.variables
        return Run(variables, self.now, tz, calendars)


Bind = Callable[[Run], Any]


class Params:
    """The parameters of one query; several expressions of the query share it, so that names do not meet.

    `bind` gives the values of all parameters handed out, in storage form.
    """

    def __init__(self, dialect: Dialect, prefix: str = "p") -> None:
        self.dialect = dialect
        self.prefix = prefix
        self._binds: dict[str, Bind] = {}
        self._late: dict[tuple[str, ...], str] = {}
        self._numbers = count(1)

    def constant(self, value: Any, kind: Type | None = None) -> exp.Expr:
        """A parameter with a value in memory form."""
        kept = stored(value, self.dialect)
        return self._placed(self._added(lambda _run: kept), kind or _type_of(value), value)

    def variable(self, name: str, kind: Type) -> exp.Expr:
        """A parameter filled from a `$name`; a list is one parameter."""
        if kind.kind == "list":
            return self._once(("list", name), lambda run: run.variables.get(name) or (), kind)
        return self._once(("variable", name), lambda run: run.variables.get(name), kind)

    def now(self) -> exp.Expr:
        """The moment of the query."""
        return self._once(("now",), lambda run: run.now, DATETIME)

    def today(self) -> exp.Expr:
        """The day of the query in the app's zone."""
        return self._once(("today",), lambda run: calendar.local_date(run.now, run.tz), DATE)

    def zone(self) -> exp.Expr:
        """The name of the app's zone."""
        return self._once(("zone",), lambda run: run.tz.key, TEXT)

    def local(self, moment: datetime) -> exp.Expr:
        """A moment written as local time."""
        key = ("local", moment.isoformat())
        return self._once(key, lambda run: calendar.from_local(moment, run.tz), DATETIME)

    def calendar(self, key: str, part: str) -> exp.Expr:
        """A part of a working calendar: a field of its WorkDays, or `spelled`, all of it as text."""

        def bound(run: Run) -> Any:
            days = days_of(run.calendars, key)
            if days is None:
                return None
            return days.spelled() if part == "spelled" else getattr(days, part)

        return self._once(("calendar", key, part), bound, _CALENDAR_PARTS.get(part, _DAY_NUMBERS))

    def inside(self, app: str, tz: ZoneInfo, calendars: Calendars) -> Params:
        """The same parameters for expressions of another app, whose variables and days are that app's."""
        return _Inside(self, app, tz, calendars)

    def number(self) -> int:
        """A number not given before, for names inside the query."""
        return next(self._numbers)

    def bind(
        self, variables: Mapping[str, Any], now: datetime, tz: ZoneInfo, calendars: Calendars = NO_CALENDARS
    ) -> dict[str, Any]:
        """Values by parameter name."""
        run = Run(variables, now, tz, calendars)
        return {name: bind(run) for name, bind in self._binds.items()}

    def _once(self, key: tuple[str, ...], bind: Bind, kind: Type) -> exp.Expr:
        """The same parameter each time it is asked for."""
        if key not in self._late:
            self._late[key] = self._added(lambda run: stored(bind(run), self.dialect))
        return self._placed(self._late[key], kind, None)

    def _added(self, bind: Bind) -> str:
        name = f"{self.prefix}{len(self._binds) + 1}"
        self._binds[name] = bind
        return name

    def sql_type(self, kind: Type) -> str:
        """The type that PostgreSQL and DuckDB cannot infer everywhere; '' on SQLite."""
        if self.dialect == "sqlite":
            return ""
        if kind.kind == "list" and kind.item is not None:
            return f"{self.sql_type(kind.item)}[]"
        if kind.kind in _NUMBERS:
            return "BIGINT"
        return _CASTS[self.dialect].get(kind.kind, "TEXT")

    def _placed(self, name: str, kind: Type, value: Any) -> exp.Expr:
        placed = exp.Placeholder(this=name)
        if self.dialect == "sqlite":
            return placed
        wide = isinstance(value, int) and isinstance(narrow(value), str)
        return cast(placed, _WIDE[self.dialect] if wide else self.sql_type(kind), self.dialect)


class _Inside(Params):
    """Parameters of a query as another app asks for them."""

    def __init__(self, whole: Params, app: str, tz: ZoneInfo, calendars: Calendars) -> None:
        self.dialect, self.prefix = whole.dialect, whole.prefix
        self._binds, self._late, self._numbers = whole._binds, whole._late, whole._numbers
        self._app, self._tz, self._calendars = app, tz, calendars

    def _once(self, key: tuple[str, ...], bind: Bind, kind: Type) -> exp.Expr:
        def inside(run: Run) -> Any:
            return bind(run.inside(self._app, self._tz, self._calendars))

        return super()._once(("inside", self._app, *key), inside, kind)


def _type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return Type("bool")
    if isinstance(value, int):
        return Type("number")
    if isinstance(value, datetime):
        return DATETIME
    if isinstance(value, date):
        return DATE
    return TEXT
