"""Shapes of the replica's tables and where their rows come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

HASH = "_hash"
"""hash(id): rows are found by it several times quicker than by text. It is stable within one release of
DuckDB; another release rebuilds the file.
"""

Native = Literal["VARCHAR", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR[]"]


@dataclass(frozen=True, slots=True)
class ReplicaColumn:
    """`key` is the column of the replica and the name in the change log, `source` the stored column."""

    key: str
    type: Native
    source: str
    meaning: str = ""
    """What the stored values depend on beside their type, e.g. the formula; a change rebuilds the table."""


@dataclass(frozen=True, slots=True)
class ReplicaTable:
    """One table of the replica. `child` is set for rows of a child table, which carry their `parent`."""

    name: str
    app: str
    form: str
    source: str
    columns: tuple[ReplicaColumn, ...]
    child: str | None = None
    follows_log: bool = True
    """False: a small table that is read again whenever it may have changed."""
    fingerprint: str = field(init=False, repr=False, compare=False)
    """Another one when the rows must be read again."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", sha256(repr(self).encode()).hexdigest())

    def ddl(self) -> str:
        """The statement that makes the table."""
        columns = [f"{quoted(column.key)} {column.type}" for column in self.columns]
        if self.follows_log:
            columns.append(f"{quoted(HASH)} UBIGINT")
        return f"CREATE TABLE {quoted(self.name)} ({', '.join(columns)})"


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Identifiers separated by commas."""
    return ", ".join(prefix + quoted(name) for name in names)
