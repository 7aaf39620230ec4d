"""What names an expression may use (at check) and where their values come from (at run)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from engine.expressions.types import Type


class Shape(Protocol):
    """The fields of a form or of a child table, system fields included."""

    @property
    def key(self) -> str:
        """The key of the form or of the child table."""

    def type_of(self, name: str) -> Type | None:
        """The type of a field; None when there is none or it is a child table."""

    def names(self) -> Iterable[str]:
        """All names, child tables included, for "did you mean"."""

    def child(self, name: str) -> Shape | None:
        """The shape of the rows of a child table."""


Shapes = Callable[[str], "Shape | None"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names an expression sees.

    `shape` gives bare names, `shapes` the targets of references, `variables` the `$names` (keys without $).
    `parent` is set for expressions of child rows, `row` inside for_each, `old` where the record before
    the change is known. With `db_only` an expression that SQL cannot compute is refused.
    """

    shape: Shape
    shapes: Shapes
    variables: Mapping[str, Type] = field(default_factory=dict)
    parent: Shape | None = None
    row: Shape | None = None
    old: bool = False
    db_only: bool = False


def follow_nothing(form: str, key: str) -> Mapping[str, Any] | None:  # noqa: ARG001 - the shape of Env.follow
    """References lead nowhere."""
    return None


@dataclass(slots=True)
class Env:
    """Where values come from while an expression runs.

    `now` is aware UTC, `tz` the app's zone, `variables` by name without $, `follow(form, id)` loads a
    referenced record in memory form. `old` is None while a record is created.
    """

    now: datetime
    tz: ZoneInfo
    variables: Mapping[str, Any] = field(default_factory=dict)
    follow: Callable[[str, str], Mapping[str, Any] | None] = follow_nothing
    old: Mapping[str, Any] | None = None
    parent: Mapping[str, Any] | None = None
    row: Mapping[str, Any] | None = None
