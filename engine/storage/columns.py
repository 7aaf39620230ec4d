"""Column types of the platform's own tables, the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, Text, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSON, TIMESTAMP

Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""A name that the platform gives: compared byte by byte, which is quicker than by language."""
RecordId = Key
"""The id of a record, compared as tables of forms compare theirs: joins between the two find their index."""
BigId = BigInteger().with_variant(Integer(), "sqlite")


@lru_cache(1024)
def moment_text(moment: datetime) -> str:
    """The SQLite form of a moment: UTC, 26 characters, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def moment_from_text(text: str) -> datetime:
    """The aware moment that `moment_text` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Moment(types.TypeDecorator[datetime]):
    """An aware moment: TIMESTAMPTZ on PostgreSQL, fixed-width UTC text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value
            return moment.astimezone(UTC)
        return moment_from_text(value)


class Json(types.TypeDecorator[Any]):
    """A JSON value: JSON on PostgreSQL (JSONB would lose the order of keys), text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSON())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return decode_json(value)


def decode_json(value: Any) -> Any:
    """A JSON value as the driver gave it: text on SQLite, already decoded on PostgreSQL."""
    return orjson.loads(value) if isinstance(value, str) else value
