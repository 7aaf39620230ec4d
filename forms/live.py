"""A record in memory whose virtual fields are computed when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.expressions import Env
from forms.compiled import RowKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from forms.compiled import Field, Referring


class LiveRecord(dict[str, Any]):
    """A record (or child row) by field key. Stored fields are entries; virtual ones are computed with
    `env` on first use, rollups and the records behind a backlink by `roll`.
    """

    __slots__ = ("env", "kind", "roll")

    def __init__(
        self,
        values: Mapping[str, Any] | Iterable[tuple[str, Any]],
        kind: RowKind,
        env: Env,
        roll: Callable[[str, Field | Referring], Any],
    ) -> None:
        dict.__init__(self, values)
        self.kind = kind
        self.env = env
        self.roll = roll

    def __missing__(self, key: str) -> Any:
        field = self.kind.fields.get(key)
        if field is None:
            link = self.kind.referring.get(key)
            return None if link is None else self.roll(self["id"], link)
        if field.parts:
            values = tuple([self[part.key] for part in field.parts])
            return None if all(value is None for value in values) else values
        if field.stored:
            return None
        if field.rollup is not None:
            return self.roll(self["id"], field)
        if field.expression is None:
            return None
        return field.expression.evaluate(self, self.env)

    def get(self, key: str, default: Any = None) -> Any:
        value = self[key]
        return default if value is None else value


class ComposedRecord(LiveRecord):
    """A record with fields of several parts: the parts are entries, a whole is read and written as a tuple."""

    __slots__ = ()

    def __setitem__(self, key: str, value: Any) -> None:
        field = self.kind.fields.get(key)
        if field is None or not field.parts:
            super().__setitem__(key, value)
            return
        for part, each in zip(field.parts, value or (None,) * len(field.parts), strict=True):
            super().__setitem__(part.key, each)


def live_record(
    values: Mapping[str, Any], kind: RowKind, env: Env, roll: Callable[[str, Field | Referring], Any]
) -> LiveRecord:
    """The stored fields of a record out of `values`, which may name a field of parts as a whole."""
    keys = kind.once("keys", lambda: [field.key for field in kind.columns])
    stored = zip(keys, map(values.get, keys), strict=True)
    if not kind.composed:
        return LiveRecord(stored, kind, env, roll)
    record = ComposedRecord(stored, kind, env, roll)
    for field in kind.composed:
        if field.key in values:
            record[field.key] = values[field.key]
    return record
