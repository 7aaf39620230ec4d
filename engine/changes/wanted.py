"""What is looked for in the log, as conditions on its two tables and on what a block says it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from engine.changes.streams import CHANGES, OPERATIONS, READS, Stream
from engine.storage.database import DialectName
from engine.storage.driver import MARK, moment_param

HELD = {"actor": "actors", "app": "apps", "form": "forms", "action": "actions", "batch": "batches"}
"""What a block lists, by the name under which it is asked for."""
COLUMNS: Mapping[str, Mapping[str, str]] = {
    CHANGES.name: {
        "actor": "actor",
        "app": "app",
        "form": "form",
        "record": "record",
        "action": "op",
        "source": "source",
        "batch": "batch",
        "request": "request",
        "address": "address",
    },
    OPERATIONS.name: {
        "actor": "actor",
        "app": "app",
        "form": "subject",
        "subject": "subject",
        "action": "action",
        "source": "source",
        "batch": "batch",
        "request": "request",
        "address": "address",
    },
    READS.name: {
        "actor": "actor",
        "app": "app",
        "form": "form",
        "action": "way",
        "request": "request",
        "address": "address",
    },
}
TEXTS = {
    CHANGES.name: ("diff", "record"),
    OPERATIONS.name: ("details", "subject"),
    READS.name: ("records", "fields"),
}
LISTED = {
    (OPERATIONS.name, "record"): ("details", "subject"),
    (READS.name, "record"): ("records",),
    (READS.name, "field"): ("fields",),
}
"""What is asked for by a name that has no column of its own, but stands among other values."""
ESCAPE = "!"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: `equal` are values by name (see COLUMNS), `apps` the only apps the reader may see
    (None: all, and what belongs to no app). Without `earliest` or `latest` that end is open.
    """

    equal: Mapping[str, str]
    apps: tuple[str, ...] | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    text: str | None = None
    stream: str | None = None

    def concerns(self, stream: Stream) -> bool:
        """Whether rows of this stream can be meant at all."""
        if self.stream is not None and self.stream != stream.name:
            return False
        return all(name in COLUMNS[stream.name] or (stream.name, name) in LISTED for name in self.equal)

    def may_be_in(self, earliest: datetime, latest: datetime, holds: Mapping[str, Any]) -> bool:
        """Whether a block with these limits can hold what is wanted."""
        if self.earliest is not None and latest < self.earliest:
            return False
        if self.latest is not None and earliest > self.latest:
            return False
        for name, value in self.equal.items():
            listed = holds.get(HELD.get(name, ""))
            if listed is not None and value not in listed:
                return False
        apps = holds.get("apps")
        return self.apps is None or apps is None or not set(self.apps).isdisjoint(apps)

    def conditions(self, stream: Stream, dialect: DialectName) -> tuple[list[str], list[Any]]:
        """SQL conditions with their parameters, driver-ready."""
        mark = MARK[dialect]
        found = list(self._conditions(stream, dialect, mark))
        return [sql for sql, _ in found], [value for _, values in found for value in values]

    def _conditions(
        self, stream: Stream, dialect: DialectName, mark: str
    ) -> Iterator[tuple[str, tuple[Any, ...]]]:
        columns = COLUMNS[stream.name]
        for name, value in self.equal.items():
            if name in columns:
                yield f"{columns[name]} = {mark}", (value,)
            else:
                yield self._like(LISTED[stream.name, name], value, dialect, mark, whole=name == "field")
        if self.apps is not None:
            yield f"app IN ({', '.join([mark] * len(self.apps)) or 'NULL'})", self.apps
        for sign, moment in ((">=", self.earliest), ("<=", self.latest)):
            if moment is not None:
                yield f"at {sign} {mark}", (moment_param(dialect, moment),)
        if self.text:
            yield self._like(TEXTS[stream.name], self.text, dialect, mark)

    @staticmethod
    def _like(
        columns: tuple[str, ...], value: str, dialect: DialectName, mark: str, *, whole: bool = False
    ) -> tuple[str, tuple[Any, ...]]:
        said = orjson.dumps(value).decode()  # as it stands in a JSON text
        said = said if whole else said[1:-1]
        for sign in (ESCAPE, "%", "_"):
            said = said.replace(sign, ESCAPE + sign)
        like = "LIKE" if dialect == "sqlite" else "ILIKE"
        tests = [f"{column} {like} {mark} ESCAPE '{ESCAPE}'" for column in columns]
        return f"({' OR '.join(tests)})", (f"%{said}%",) * len(columns)
