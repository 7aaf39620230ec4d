"""How memory values are stored per database, and how stored ones become memory values or JSON.

One table of small functions per storage kind; None means that the value passes as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any, Literal

import orjson

from engine.storage.columns import moment_from_text, moment_text
from engine.storage.database import DialectName
from forms.values import moment_json, number_text

Storage = Literal["text", "integer", "boolean", "date", "moment", "list", "parts"]
"""What a column holds; "parts" has no column of its own: every part has one."""
Form = Literal["", "decimal", "month", "quarter", "seconds", "json"]
"""How a value is written in JSON where that differs from what its storage gives."""
Convert = Callable[[Any], Any] | None
Write = Callable[[Any], Any]

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


def _decimal(scale: int) -> Write:
    return lambda value: number_text(int(value), scale)


def _number(scale: int) -> Write:
    """As `_decimal`, for a value in memory."""
    if scale == 0:
        return str

    def written(value: int) -> str:
        digits = str(value)
        if value > 0 and len(digits) > scale:
            return f"{digits[:-scale]}.{digits[-scale:]}"
        return number_text(value, scale)

    return written


def _same(value: Any) -> Any:
    return value


PLAIN: dict[Storage, Write | None] = {
    "text": None,
    "integer": None,
    "boolean": None,
    "date": date.isoformat,
    "moment": moment_json,
    "list": list,
}
"""Memory value that is there -> JSON value of the storage, which is what the change log keeps."""


def _seconds(micros: Any) -> int | str:
    """A length of time in seconds; below a second as a decimal."""
    whole, rest = divmod(int(micros), 1_000_000)
    return number_text(int(micros), 6) if rest else whole


def _quarter(day: str) -> str:
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"


FORMS: dict[str, Write] = {
    "month": lambda day: day[:7],
    "quarter": _quarter,
    "seconds": _seconds,
    "json": orjson.loads,
}
"""JSON value of the storage -> how it is written, for values that are there."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Storage of one column: its kind and, for decimals, how many of its digits are fraction.

    `form` is how it is written in JSON. A value of several `parts` is a tuple in memory and an object in JSON.
    `json_of` turns a memory value into JSON, `log_of` into what the change log keeps: as JSON, but numbers
    stay scaled integers and days and lengths of time stay whole. `told` and `logged` are the same for values
    that are there; None where they pass as they are.
    """

    storage: Storage
    scale: int = 0
    text_json: bool = False
    form: Form = ""
    parts: tuple[tuple[str, Codec], ...] = ()
    json_of: Write = field(init=False, compare=False, repr=False)
    log_of: Write = field(init=False, compare=False, repr=False)
    told: Write | None = field(init=False, compare=False, repr=False)
    logged: Write | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.parts:
            self._write(_object("json_of", self.parts), _object("log_of", self.parts))
            return
        logged, written = PLAIN[self.storage], self._written()
        if self.text_json:
            self._write(_number(self.scale), logged)
        elif written is not None and logged is not None:
            self._write(_then(logged, written), logged)
        else:
            self._write(written or logged, logged)

    def _write(self, told: Write | None, logged: Write | None) -> None:
        """Write values that are there so."""
        object.__setattr__(self, "told", told)
        object.__setattr__(self, "logged", logged)
        object.__setattr__(self, "json_of", _or_nothing(told))
        object.__setattr__(self, "log_of", _or_nothing(logged))

    def _written(self) -> Write | None:
        """From the JSON value of the storage to how the value is written, where the two differ."""
        return _decimal(self.scale) if self.text_json else FORMS.get(self.form)

    def bind(self, dialect: DialectName) -> Convert:
        return BIND[dialect][self.storage]

    def load(self, dialect: DialectName) -> Convert:
        return LOAD[dialect][self.storage]

    def to_json(self, dialect: DialectName) -> Convert:
        """Stored value -> JSON value."""
        written, plain = self._written(), TO_JSON[dialect][self.storage]
        if written is None or plain is None or self.text_json:
            return written or plain
        return _then(plain, written)

    def from_log(self, value: Any) -> Any:
        """What the change log keeps -> JSON value."""
        written = self._written()
        return value if value is None or written is None else written(value)

    def kept_of(self, value: Any) -> Any:
        """Memory value -> JSON value, for notes that stay: what a flow decided on, why a rule fired."""
        return self.json_of(value)

    def sql_type(self, dialect: DialectName) -> str:
        return SQL_TYPES[dialect][self.storage]


def _then(first: Write, second: Write) -> Write:
    """Both in turn; nothing stays nothing."""

    def both(value: Any) -> Any:
        return None if value is None else second(first(value))

    return both


def _or_nothing(write: Write | None) -> Write:
    """The same for values that may be missing."""
    return _same if write is None else lambda value: None if value is None else write(value)


def _object(way: Literal["json_of", "log_of"], parts: tuple[tuple[str, Codec], ...]) -> Write:
    """A tuple of parts as an object."""
    writes: Mapping[str, Write] = {name: getattr(codec, way) for name, codec in parts}

    def write(value: Any) -> Any:
        if value is None:
            return None
        return {
            name: None if part is None else to_json(part)
            for (name, to_json), part in zip(writes.items(), value, strict=True)
        }

    return write
