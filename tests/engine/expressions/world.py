"""A small world for expressions: forms, one record, and the same record in three databases."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlglot import exp

import engine.expressions
from engine.expressions import ChildSource, Env, Params, Scope, Type, lower, print_sql
from engine.expressions import types as t
from engine.expressions.spelling import decimal_text
from engine.expressions.sql.params import stored

TABLE = Path(engine.expressions.__file__).parent / "conformance.csv"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


@dataclass
class FakeShape:
    """A form or child table given as dictionaries."""

    key: str
    fields: Mapping[str, Type]
    children: Mapping[str, FakeShape] = field(default_factory=dict)

    def type_of(self, name: str) -> Type | None:
        return self.fields.get(name)

    def names(self) -> Iterable[str]:
        return [*self.fields, *self.children]

    def child(self, name: str) -> FakeShape | None:
        return self.children.get(name)


LINE = FakeShape(
    "lines",
    {
        "qty": t.number(9, 0),
        "price": t.money(),
        "amount": t.money(),
        "big": t.number(18, 0),
        "fine": t.number(21, 6),
        "gift": t.BOOL,
        "due": t.DATE,
        "at": t.DATETIME,
        "label": t.TEXT,
    },
)
CUSTOMER = FakeShape(
    "customer",
    {"name": t.TEXT, "region": t.ref("region"), "level": t.choice(["A", "B", "C"]), "credit": t.money()},
)
REGION = FakeShape("region", {"name": t.TEXT, "manager": t.ref("user")})
DEAL = FakeShape(
    "deal",
    {
        "id": t.ref("deal"),
        "name": t.TEXT,
        "note": t.TEXT,
        "code": t.TEXT,
        "stage": t.choice(["open", "won", "lost"]),
        "stage2": t.choice(["won", "lost", "other"]),
        "region": t.choice(["east", "north", "west", "south"]),
        "tags": t.choices(["vip", "new", "old"]),
        "n": t.number(15, 0),
        "m": t.number(15, 0),
        "small": t.number(4, 0),
        "big": t.number(18, 0),
        "big2": t.number(18, 0),
        "x": t.number(18, 6),
        "y": t.number(9, 3),
        "wide": t.number(21, 6),
        "rate": t.number(9, 4),
        "amount": t.money(),
        "cost": t.money(),
        "dollars": t.money("USD"),
        "yuan": t.money("CNY"),
        "d": t.DATE,
        "d2": t.DATE,
        "at": t.DATETIME,
        "at2": t.DATETIME,
        "flag": t.BOOL,
        "ok": t.BOOL,
        "customer": t.ref("customer"),
        "owner": t.ref("user"),
    },
    {"lines": LINE},
)
FORMS = {"deal": DEAL, "customer": CUSTOMER, "region": REGION, "user": FakeShape("user", {"name": t.TEXT})}
VARIABLES = {
    "me": t.ref("user"),
    "team": t.list_of(t.ref("user")),
    "nobody": t.list_of(t.ref("user")),
    "primes": t.list_of(t.number(3, 0)),
    "limit": t.money(),
    "nothing": t.TEXT,
}
VALUES = {
    "me": "li",
    "team": ["li", "wu"],
    "nobody": [],
    "primes": [2, 3, 5, 7],
    "limit": 10050,
    "nothing": None,
}
CUSTOMERS = {
    "c1": {"name": "Acme 公司", "region": "r1", "level": "A", "credit": 100000},
    "c2": {"name": "Blank", "region": None, "level": None, "credit": None},
}
REGIONS = {"r1": {"name": "East", "manager": "li"}}
SCOPE = Scope(DEAL, FORMS.get, VARIABLES)
WITH_OLD = Scope(DEAL, FORMS.get, VARIABLES, old=True)


def follow(form: str, key: str) -> Mapping[str, Any] | None:
    return {"customer": CUSTOMERS, "region": REGIONS, "user": {}}[form].get(key)


def environment(zone: str = SHANGHAI, **extra: Any) -> Env:
    return Env(NOW, ZoneInfo(zone), VALUES, follow, **extra)


def memory(value: Any, kind: Type) -> Any:
    """A JSON value in memory form."""
    if value is None:
        return None
    if kind.numeric:
        return int(Decimal(str(value)).scaleb(kind.scale))
    if kind.kind == "date":
        return date.fromisoformat(value)
    if kind.kind == "datetime":
        return datetime.fromisoformat(value).astimezone(UTC)
    return tuple(value) if kind.kind == "choices" else value


def record_of(given: Mapping[str, Any], shape: FakeShape = DEAL) -> dict[str, Any]:
    """A whole record in memory form from some JSON values."""
    unknown = set(given) - set(shape.names())
    assert not unknown, unknown
    record: dict[str, Any] = {name: memory(given.get(name), kind) for name, kind in shape.fields.items()}
    for name, child in shape.children.items():
        record[name] = [record_of(row, child) for row in given.get(name, ())]
    return record


def spelled(value: Any, kind: Type) -> str:
    """A result as conformance.csv writes it."""
    if value is None:
        return "null"
    if kind.numeric or kind.kind == "duration":
        return decimal_text(value, kind.scale)
    if kind.kind == "bool":
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Case:
    expression: str
    record: str
    result: str
    zone: str
    line: int


def cases() -> Iterator[Case]:
    """The rows of conformance.csv; lines that start with # are headings."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 1):
            if number == 1 or not row or row[0].startswith("#"):
                continue
            expression, record, result, *zone = (part.strip() for part in row)
            yield Case(expression, record or "{}", result, zone[0] if zone else SHANGHAI, number)


class DealColumns:
    """Columns of a deal: references become scalar subqueries, lines a correlated table."""

    def __init__(self, table: str = "r", shape: FakeShape = DEAL) -> None:
        self.table = table
        self.shape = shape

    def column(self, path: tuple[str, ...]) -> exp.Expression:
        kind = self.shape.fields[path[0]]
        found: exp.Expression = exp.column(path[0], table=self.table)
        for part in path[1:]:
            assert kind.form is not None
            query = exp.select(exp.column(part, table="f")).from_(exp.to_table(kind.form).as_("f"))
            found = query.where(exp.EQ(this=exp.column("id", table="f"), expression=found)).subquery()
            kind = FORMS[kind.form].fields[part]
        return found

    def children(self, path: tuple[str, ...]) -> ChildSource:
        assert path == ("lines",)
        tie = exp.EQ(this=exp.column("parent", table="l"), expression=exp.column("id", table=self.table))
        return ChildSource(exp.to_table("lines").as_("l"), tie, DealColumns("l", LINE))


class Store:
    """One database with the world's tables, asked through lowered expressions."""

    dialect: ClassVar[Any]
    types: ClassVar[Mapping[str, str]]

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        for shape in FORMS.values():
            self.create(shape)
        self.create(LINE, "parent")
        for form, rows in (("customer", CUSTOMERS), ("region", REGIONS)):
            for key, row in rows.items():
                self.insert(FORMS[form], {"id": key, **row})

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def create(self, shape: FakeShape, *extra: str) -> None:
        columns = [f'"{name}" {self.sql_type(kind)}' for name, kind in shape.fields.items() if name != "id"]
        keys = [f"{name} {self.types['text']}" for name in ("id", *extra)]
        self.execute(
            f"CREATE TABLE {shape.key if shape.key != 'user' else 'users'} ({', '.join((*keys, *columns))})"
        )

    def sql_type(self, kind: Type) -> str:
        if kind.numeric:
            return self.types["number" if kind.digits <= 18 else "wide"]
        return self.types.get(kind.kind, self.types["text"])

    def insert(self, shape: FakeShape, row: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def keep(self, record: Mapping[str, Any], source: str) -> str:
        """Store a record once; its id."""
        if source not in self.known:
            key = f"d{len(self.known) + 1}"
            self.known[source] = key
            rows = record["lines"]
            self.insert(DEAL, {**{k: v for k, v in record.items() if k != "lines"}, "id": key})
            for number, row in enumerate(rows):
                self.insert(LINE, {**row, "id": f"{key}l{number}", "parent": key})
        return self.known[source]

    def evaluate(self, checked: Any, record: Mapping[str, Any], source: str, zone: str = SHANGHAI) -> Any:
        """The value of an expression on a record, computed by this database, in memory form."""
        key = self.keep(record, source)
        params = Params(self.dialect)
        tree = lower(checked, DealColumns(), params, self.dialect)
        query = exp.select(tree).from_(exp.to_table("deal").as_("r"))
        query = query.where(exp.EQ(this=exp.column("id", table="r"), expression=params.constant(key)))
        bound = params.bind(VALUES, NOW, ZoneInfo(zone))
        ((value,),) = self.execute(print_sql(query, self.dialect), bound)
        return self.memory(value, checked.type)

    def table(self, expressions: Sequence[Any], keys: Sequence[str], zone: str = SHANGHAI) -> list[list[Any]]:
        """The values of several expressions on several stored records, in memory form."""
        params = Params(self.dialect)
        columns = [
            exp.alias_(lower(checked, DealColumns(), params, self.dialect), f"c{number}")
            for number, checked in enumerate(expressions)
        ]
        query = exp.select("id", *columns).from_(exp.to_table("deal").as_("r"))
        rows = self.execute(print_sql(query, self.dialect), params.bind(VALUES, NOW, ZoneInfo(zone)))
        found = {row[0]: row[1:] for row in rows}
        return [
            [self.memory(value, checked.type) for value, checked in zip(found[key], expressions, strict=True)]
            for key in keys
        ]

    def memory(self, value: Any, kind: Type) -> Any:
        """What the driver gave, in memory form."""
        if value is None:
            return None
        if kind.numeric or kind.kind == "duration":
            assert int(value) == value or isinstance(value, str), value
            return int(value)
        return bool(value) if kind.kind == "bool" else value


class SqliteStore(Store):
    dialect = "sqlite"
    types: ClassVar[Mapping[str, str]] = {"text": "TEXT", "number": "BIGINT", "wide": "ANY", "bool": "INTEGER"}

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        engine.expressions.register_sqlite_functions(self.connection)
        super().__init__()

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            sql.replace(" ANY", " BLOB") if "CREATE" in sql else sql, params or {}
        ).fetchall()

    def insert(self, shape: FakeShape, row: Mapping[str, Any]) -> None:
        marks = ", ".join("?" for _ in row)
        values = [stored(value, self.dialect) for value in row.values()]
        self.execute(f"INSERT INTO {shape.key} ({_names(row)}) VALUES ({marks})", values)

    def memory(self, value: Any, kind: Type) -> Any:
        if value is not None and kind.kind == "date":
            return date.fromisoformat(value)
        if value is not None and kind.kind == "datetime":
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", value), value
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return super().memory(value, kind)


class DuckStore(Store):
    dialect = "duckdb"
    types: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR",
        "number": "BIGINT",
        "wide": "HUGEINT",
        "bool": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMP",
        "choices": "VARCHAR[]",
    }

    def __init__(self) -> None:
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 1")
        super().__init__()

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, params).fetchall()  # type: ignore[no-any-return]

    def insert(self, shape: FakeShape, row: Mapping[str, Any]) -> None:
        marks = ", ".join("?" for _ in row)
        values = [stored(value, self.dialect) for value in row.values()]
        self.execute(f"INSERT INTO {shape.key} ({_names(row)}) VALUES ({marks})", values)

    def memory(self, value: Any, kind: Type) -> Any:
        if value is not None and kind.kind == "datetime":
            return value.replace(tzinfo=UTC)
        return super().memory(value, kind)


class PostgresStore(Store):
    dialect = "postgres"
    types: ClassVar[Mapping[str, str]] = {
        "text": "TEXT",
        "number": "BIGINT",
        "wide": "NUMERIC",
        "bool": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMPTZ",
        "choices": "JSONB",
    }

    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)
        # A zone that is not the app's: nothing may depend on the session.
        self.connection.execute("SET TIME ZONE 'America/Bogota'")
        super().__init__()

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql, params)
        return cursor.fetchall() if cursor.description else []

    def insert(self, shape: FakeShape, row: Mapping[str, Any]) -> None:
        from psycopg.types.json import Jsonb

        marks = ", ".join("%s" for _ in row)
        values = [Jsonb(list(value)) if isinstance(value, tuple) else value for value in row.values()]
        self.execute(f"INSERT INTO {shape.key} ({_names(row)}) VALUES ({marks})", values)

    def memory(self, value: Any, kind: Type) -> Any:
        if value is not None and kind.kind == "datetime":
            return value.astimezone(UTC)
        return super().memory(value, kind)


def _names(row: Mapping[str, Any]) -> str:
    return ", ".join(f'"{name}"' for name in row)
