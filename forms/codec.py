"""How memory values are stored per database, and how stored ones become memory values or JSON.

One table of small functions per storage kind; None means that the value passes as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import orjson

from engine.storage.columns import moment_from_text, moment_text
from engine.storage.database import DialectName
from forms.values import moment_json, number_text

Storage = Literal["text", "integer", "boolean", "date", "moment", "list"]
Convert = Callable[[Any], Any] | None

SQL_TYPES: dict[DialectName, dict[Storage, str]] = {
    "sqlite": {
        "text": "TEXT",
        "integer": "INTEGER",
        "boolean": "INTEGER",
        "date": "TEXT",
        "moment": "TEXT",
        "list": "TEXT",
    },
    "postgres": {
        "text": 'TEXT COLLATE "C"',
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "moment": "TIMESTAMPTZ",
        "list": "JSONB",
    },
}


def _list_text(value: Any) -> str:
    return orjson.dumps(list(value)).decode()


def _moment_text_json(text: str) -> str:
    return f"{text[:10]}T{text[11:19] if text.endswith('.000000') else text[11:]}Z"


BIND: dict[DialectName, dict[Storage, Convert]] = {
    "sqlite": {
        "text": None,
        "integer": None,
        "boolean": int,
        "date": date.isoformat,
        "moment": moment_text,
        "list": _list_text,
    },
    "postgres": {
        "text": None,
        "integer": None,
        "boolean": None,
        "date": None,
        "moment": None,
        "list": _list_text,
    },
}

LOAD: dict[DialectName, dict[Storage, Convert]] = {
    "sqlite": {
        "text": None,
        "integer": None,
        "boolean": bool,
        "date": date.fromisoformat,
        "moment": moment_from_text,
        "list": lambda text: tuple(orjson.loads(text)),
    },
    "postgres": {
        "text": None,
        "integer": int,
        "boolean": None,
        "date": None,
        "moment": lambda moment: moment.astimezone(UTC),
        "list": tuple,
    },
}

TO_JSON: dict[DialectName, dict[Storage, Convert]] = {
    "sqlite": {
        "text": None,
        "integer": None,
        "boolean": bool,
        "date": None,
        "moment": _moment_text_json,
        "list": orjson.loads,
    },
    "postgres": {
        "text": None,
        "integer": int,
        "boolean": None,
        "date": date.isoformat,
        "moment": lambda moment: moment.isoformat()[:-6] + "Z",  # sessions run in UTC
        "list": None,
    },
}


def _decimal(scale: int) -> Callable[[Any], str]:
    return lambda value: number_text(int(value), scale)


@dataclass(frozen=True, slots=True)
class Codec:
    """Storage of one column: its kind and, for decimals, how many of its digits are fraction."""

    storage: Storage
    scale: int = 0
    text_json: bool = False

    def bind(self, dialect: DialectName) -> Convert:
        return BIND[dialect][self.storage]

    def load(self, dialect: DialectName) -> Convert:
        return LOAD[dialect][self.storage]

    def to_json(self, dialect: DialectName) -> Convert:
        """Stored value -> JSON value."""
        return _decimal(self.scale) if self.text_json else TO_JSON[dialect][self.storage]

    def sql_type(self, dialect: DialectName) -> str:
        return SQL_TYPES[dialect][self.storage]

    def json_of(self, value: Any) -> Any:
        """Memory value -> JSON value."""
        if value is None:
            return None
        if self.text_json:
            return number_text(value, self.scale)
        return _memory_json(value)

    def log_of(self, value: Any) -> Any:
        """Memory value -> what the change log keeps: as JSON, but numbers stay scaled integers."""
        return None if value is None else _memory_json(value)


def _memory_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_json(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value
