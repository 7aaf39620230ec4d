"""Static types of the language.

Numbers are integers scaled by 10**scale; `digits` bounds the scaled integer: |value| < 10**digits.
Whoever declares a type promises that bound for stored values; SQL on SQLite relies on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.findings import Text, text

Kind = Literal[
    "bool",
    "number",
    "money",
    "text",
    "date",
    "datetime",
    "duration",
    "choice",
    "choices",
    "ref",
    "list",
    "geo",
    "null",
]

MAX_SCALE = 6
UNIT_DIGITS = 15
"""Computed numbers reach up to 10**15 units; beyond, the result is null."""
INT64_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression yields. `options` are choice keys, `form` the target of a ref, `item` of a list.

    `grain` is that of dates which are always the first day of a month or quarter. `spelled` writes a literal
    text the way the field stores its values, so that one finds what the other is; two types are the same
    whatever it is.
    """

    kind: Kind
    scale: int = 0
    digits: int = INT64_DIGITS
    currency: str | None = None
    options: tuple[str, ...] | None = None
    form: str | None = None
    item: Type | None = None
    grain: Literal["month", "quarter"] | None = None
    spelled: Callable[[str], str] | None = field(default=None, compare=False, repr=False)

    @property
    def numeric(self) -> bool:
        return self.kind in {"number", "money"}

    @property
    def textual(self) -> bool:
        """Whether the value in memory is a plain string."""
        return self.kind in {"text", "choice", "ref"}

    @property
    def label(self) -> Text:
        """The type as a person would name it, for messages."""
        if self.kind == "ref":
            return text(f"引用（{self.form}）", f"reference to {self.form}")
        if self.kind == "choices" and self.item:
            return text(f"多个引用（{self.item.form}）", f"references to {self.item.form}")
        if self.kind == "list" and self.item:
            inner = self.item.label
            return text(f"{inner['zh']}列表", f"list of {inner['en']}")
        return LABELS[self.kind]


LABELS: dict[str, Text] = {
    "bool": text("真假值", "true/false"),
    "number": text("数字", "number"),
    "money": text("金额", "money"),
    "text": text("文本", "text"),
    "date": text("日期", "date"),
    "datetime": text("日期时间", "datetime"),
    "duration": text("时长", "duration"),
    "choice": text("单选", "choice"),
    "choices": text("多选", "choices"),
    "ref": text("引用", "reference"),
    "list": text("列表", "list"),
    "geo": text("位置", "place"),
    "null": text("空值", "null"),
}
"""What people call the kinds of types."""

BOOL = Type("bool")
TEXT = Type("text")
DATE = Type("date")
MONTH = Type("date", grain="month")
QUARTER = Type("date", grain="quarter")
DATETIME = Type("datetime")
DURATION = Type("duration", scale=6)
GEO = Type("geo")
"""A place: (latitude, longitude) in degrees scaled by 10**6; north and east are positive."""
NULL = Type("null")


def number(digits: int = UNIT_DIGITS, scale: int = 0) -> Type:
    """A number with `scale` decimals whose scaled integer stays below 10**digits."""
    return Type("number", scale=scale, digits=digits)


INTEGER = number(UNIT_DIGITS, 0)


def money(currency: str | None = None, scale: int = 2, digits: int = INT64_DIGITS) -> Type:
    """An amount; None stands for the app's currency.

    Fewer digits, where they are enforced, let SQLite compute natively: with 15 a sum or a product by a
    short factor still fits 64 bits.
    """
    return Type("money", scale=scale, digits=digits, currency=currency)


def choice(options: tuple[str, ...] | list[str] | None = None) -> Type:
    """One stable key out of `options`; None when the keys are not known at design time."""
    return Type("choice", options=None if options is None else tuple(options))


def choices(options: tuple[str, ...] | list[str] | None = None) -> Type:
    """Several keys out of `options`."""
    return Type("choices", options=None if options is None else tuple(options))


def ref(form: str) -> Type:
    """The id of a record of `form`; users and departments are forms `user` and `dept`."""
    return Type("ref", form=form)


def refs(form: str) -> Type:
    """The ids of several records of `form`: a set of choices whose `item` is a reference."""
    return Type("choices", item=ref(form))


def list_of(item: Type) -> Type:
    """A list for `in`; only variables and literals have this type."""
    return Type("list", item=item)


def cap(scale: int) -> int:
    """Digits of the largest number of this scale inside the range of the language."""
    return UNIT_DIGITS + scale


def rescaled(given: Type, scale: int) -> Type:
    """The type of `given` after rounding or widening to `scale`."""
    grown = given.digits + scale - given.scale + (1 if scale < given.scale else 0)
    return replace(given, scale=scale, digits=max(grown, 1))
