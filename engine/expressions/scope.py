"""What names an expression may use (at check) and where their values come from (at run)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from engine.expressions.types import Type

if TYPE_CHECKING:
    from engine.expressions.function import Function
    from engine.expressions.working_time import WorkCalendar


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


@runtime_checkable
class Labelled(Protocol):
    """A shape that knows what people call its fields."""

    def called(self, label: str) -> str | None:
        """The key of the field or child table with this label."""


@runtime_checkable
class ReferredTo(Protocol):
    """A shape whose records others refer to; under some names these stand as the rows of a child table do."""

    def referring(self, name: str) -> Shape | None:
        """The shape of the records that refer to this one and are known as `name`."""


@runtime_checkable
class InParts(Protocol):
    """A shape with fields that are written part by part."""

    def parts(self, name: str) -> Sequence[str]:
        """The names of a field's parts; none where it has none."""


Shapes = Callable[[str], "Shape | None"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names an expression sees.

    `shape` gives bare names, `shapes` the targets of references, `variables` the `$names` (keys without $).
    `parent` is set for expressions of child rows, `row` inside for_each, `old` where the record before
    the change is known. With `db_only` an expression that SQL cannot compute is refused. `functions` are
    those that may be called by name; None: the language's own. `roles` are those HASROLE may ask for;
    None: any. `calendars` are the keys of the working calendars, "" among them when the app has a default one.
    """

    shape: Shape
    shapes: Shapes
    variables: Mapping[str, Type] = field(default_factory=dict)
    parent: Shape | None = None
    row: Shape | None = None
    old: bool = False
    db_only: bool = False
    functions: Mapping[str, Function] | None = None
    roles: Collection[str] | None = None
    calendars: Collection[str] = ()


def follow_nothing(form: str, key: str) -> Mapping[str, Any] | None:  # noqa: ARG001 - the shape of Env.follow
    """References lead nowhere."""
    return None


@dataclass(frozen=True, slots=True)
class Related:
    """Records of `form` that name a record in one of the fields `links`."""

    form: str
    links: tuple[str, ...]


class Happenings(Protocol):
    """What the change log tells about a record, asked only when an expression needs it."""

    def last_activity(self, form: str, record: str) -> datetime | None:
        """When a person last changed the record."""

    def last_related(self, record: str, related: Related) -> datetime | None:
        """When a person last created or changed a record that names this one."""

    def changed_at(self, form: str, record: str, field: str) -> datetime | None:
        """When a field got the value it has."""

    def count(self, form: str, record: str, operation: str, since: datetime) -> int:
        """How often an operation was done on the record after `since`."""

    def count_related(self, record: str, related: Related, since: datetime) -> int:
        """How many records that name this one were created after `since`."""


@dataclass(slots=True)
class Env:
    """Where values come from while an expression runs.

    `now` is aware UTC, `tz` the app's zone, `variables` by name without $, `follow(form, id)` loads a
    referenced record in memory form. `old` is None while a record is created. Without `happenings` nothing
    has happened to any record. `calendars` are the working calendars by key, the default one also as "".
    """

    now: datetime
    tz: ZoneInfo
    variables: Mapping[str, Any] = field(default_factory=dict)
    follow: Callable[[str, str], Mapping[str, Any] | None] = follow_nothing
    old: Mapping[str, Any] | None = None
    parent: Mapping[str, Any] | None = None
    row: Mapping[str, Any] | None = None
    happenings: Happenings | None = None
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
