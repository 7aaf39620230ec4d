"""The world of the expression tests in three databases, asked through lowered expressions."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.expressions import ChildSource, Params, Type, lower, print_sql, register_sqlite_functions
from engine.expressions.sql.params import stored
from tests.engine.expressions.calendars import CALENDARS
from tests.engine.expressions.world import (
    CUSTOMERS,
    DEAL,
    FORMS,
    LINE,
    NOW,
    REGIONS,
    SHANGHAI,
    TASK,
    VALUES,
    FakeShape,
)


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
        if path == ("tasks",):
            refers = exp.EQ(this=exp.column("deal", table="k"), expression=exp.column("id", table=self.table))
            return ChildSource(
                exp.to_table("task").as_("k"), refers, DealColumns("k", TASK), (exp.column("id", table="k"),)
            )
        assert path == ("lines",)
        tie = exp.EQ(this=exp.column("parent", table="l"), expression=exp.column("id", table=self.table))
        order = exp.column("id", table="l")
        return ChildSource(exp.to_table("lines").as_("l"), tie, DealColumns("l", LINE), (order,))


class Store:
    """One database with the world's tables, asked through lowered expressions."""

    dialect: ClassVar[Any]
    types: ClassVar[Mapping[str, str]]
    connection: Any

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
        if kind.numeric or kind.kind == "geo":
            return self.types["number" if kind.digits <= 18 else "wide"]
        return self.types.get(kind.kind, self.types["text"])

    def insert(self, shape: FakeShape, row: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        """Forget the stored records."""
        self.known.clear()
        for table in (DEAL.key, LINE.key, TASK.key):
            self.execute(f"DELETE FROM {table}")

    def keep(self, record: Mapping[str, Any], source: str) -> str:
        """Store a record once; its id."""
        if source not in self.known:
            key = f"d{len(self.known) + 1}"
            self.known[source] = key
            rows = record["lines"]
            stored_deal = {name: _column(record[name], kind) for name, kind in DEAL.fields.items()}
            self.insert(DEAL, {**stored_deal, "id": key})
            for number, row in enumerate(rows):
                self.insert(LINE, {**row, "id": f"{key}l{number:05}", "parent": key})
            for number, row in enumerate(record.get("tasks", ())):
                self.insert(TASK, {**row, "id": f"{key}t{number:05}", "deal": key})
        return self.known[source]

    def evaluate(self, checked: Any, record: Mapping[str, Any], source: str, zone: str = SHANGHAI) -> Any:
        """The value of an expression on a record, computed by this database, in memory form."""
        key = self.keep(record, source)
        params = Params(self.dialect)
        tree = lower(checked, DealColumns(), params, self.dialect)
        query = exp.select(tree).from_(exp.to_table("deal").as_("r"))
        query = query.where(exp.EQ(this=exp.column("id", table="r"), expression=params.constant(key)))
        bound = params.bind(VALUES, NOW, ZoneInfo(zone), CALENDARS)
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
        bound = params.bind(VALUES, NOW, ZoneInfo(zone), CALENDARS)
        rows = self.execute(print_sql(query, self.dialect), bound)
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
        if kind.kind == "choices":
            return tuple(json.loads(value) if isinstance(value, str) else value)
        return bool(value) if kind.kind == "bool" else value


class SqliteStore(Store):
    dialect = "sqlite"
    types: ClassVar[Mapping[str, str]] = {
        "text": "TEXT",
        "number": "BIGINT",
        "wide": "ANY",
        "bool": "INTEGER",
    }

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        register_sqlite_functions(self.connection)
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


def _column(value: Any, kind: Type) -> Any:
    """What a column holds: of a place its latitude."""
    return value[0] if kind.kind == "geo" and value is not None else value


def _names(row: Mapping[str, Any]) -> str:
    return ", ".join(f'"{name}"' for name in row)
