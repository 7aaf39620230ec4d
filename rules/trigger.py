"""What makes a rule look at a record: an event of the record, or a moment that counts from its fields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Env, Shape
from engine.findings import text
from engine.protocols import Operation
from engine.storage.columns import moment_text
from forms.compiled import Form
from rules.spans import Span, due_time


@dataclass(frozen=True, slots=True)
class Occasion:
    """Events of the record, for updates only those that change one of `fields` (None: any)."""

    events: frozenset[Operation]
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One occurrence of a time rule: named by its anchor, due in UTC."""

    occurrence: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment that lies `span` after the value of `anchor`, at the local time of day `at`.

    With `skip_past` records that are already past it when the rule is published are passed over.
    """

    anchor: CheckedExpression
    span: Span
    at: time | None = None
    skip_past: bool = False

    def moment(self, record: Mapping[str, Any], env: Env, zone: ZoneInfo) -> Moment | None:
        """When the rule is due for `record`; None when the anchor is empty or out of the calendar."""
        value: date | datetime | None = self.anchor.evaluate(record, env)
        if value is None:
            return None
        name = moment_text(value) if isinstance(value, datetime) else value.isoformat()
        try:
            return Moment(name, due_time(value, self.span, self.at, zone))
        except (OverflowError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class TriggerScope:
    """Where a trigger is compiled: its place in the document and the form it looks at."""

    context: Context
    pointer: str
    form: Form

    @property
    def shape(self) -> Shape:
        """What expressions see."""
        return self.form.shape

    def refuse_unnoticed(self, name: str, pointer: str) -> None:
        """Add a finding: the field is computed when it is read, so nobody notices when it changes."""
        self.context.error(
            "change_unnoticed",
            pointer,
            text(
                f"“{name}”在读取时才计算（引用其他表或当前时间），它的变化不会被察觉。",
                f"'{name}' is computed when it is read (from other forms or the clock); nobody notices it change.",
            ),
            text(
                "请改用存储的字段：普通字段、复制、汇总。",
                "Use a stored field: a plain one, a copy or a rollup.",
            ),
        )


def is_stored(form: Form, name: str) -> bool:
    """Whether a change of this field or child table is a save of the record."""
    field = form.find(name)
    return name in form.children if field is None else field.stored


class Trigger(ABC):
    """One kind of trigger."""

    Params: ClassVar[type[BaseModel]]
    registry: ClassVar[str] = "trigger"
    type: ClassVar[str]

    @classmethod
    @abstractmethod
    def compile(cls, params: Any, scope: TriggerScope) -> Occasion | Timer | None:
        """What to listen to, or None after adding a finding."""
