"""The kinds of arguments functions take."""

from __future__ import annotations

from engine.expressions.function import Parameter
from engine.expressions.types import BOOL, INTEGER, TEXT, Type
from engine.findings import text

TEXT_WANTED = text("文本", "text")
NUMBER_WANTED = text("数字", "a number")
PLAIN_NUMBER_WANTED = text("不带币种的数字", "a number that is no money")
WHOLE_WANTED = text("整数", "a whole number")
BOOL_WANTED = text("条件", "a condition")
DATETIME_WANTED = text("日期时间", "a datetime")
DURATION_WANTED = text("时长（两个日期时间之差）", "a duration, such as one datetime minus another")
MOMENT_WANTED = text("日期或日期时间", "a date or a datetime")
GEO_WANTED = text("位置", "a place")
VALUE_WANTED = text("值", "a value")


def _is_null(kind: Type) -> bool:
    return kind.kind == "null"


def text_argument(name: str, *, optional: bool = False, repeated: bool = False) -> Parameter:
    """Text, a choice key or an id."""
    return Parameter(
        name, lambda t: t.textual or _is_null(t), TEXT_WANTED, optional=optional, repeated=repeated, to=TEXT
    )


def number_argument(name: str, *, repeated: bool = False) -> Parameter:
    """A number or an amount."""
    return Parameter(name, lambda t: t.numeric, NUMBER_WANTED, repeated=repeated, to=None)


def plain_number_argument(name: str) -> Parameter:
    """A number that is no amount of money."""
    return Parameter(name, lambda t: t.kind == "number", PLAIN_NUMBER_WANTED, to=None)


def whole_argument(name: str, *, optional: bool = False) -> Parameter:
    """A number without decimals."""
    return Parameter(name, lambda t: t.numeric and t.scale == 0, WHOLE_WANTED, optional=optional, to=INTEGER)


def condition_argument(name: str, *, repeated: bool = False) -> Parameter:
    """True, false or null."""
    return Parameter(name, lambda t: t.kind == "bool", BOOL_WANTED, repeated=repeated, to=BOOL)


def moment_argument(name: str, *, optional: bool = False) -> Parameter:
    """A date or a datetime."""
    return Parameter(
        name, lambda t: t.kind in {"date", "datetime"}, MOMENT_WANTED, optional=optional, to=None
    )


def datetime_argument(name: str) -> Parameter:
    """A datetime."""
    return Parameter(name, lambda t: t.kind == "datetime", DATETIME_WANTED, to=None)


def duration_argument(name: str) -> Parameter:
    """A duration."""
    return Parameter(name, lambda t: t.kind == "duration", DURATION_WANTED, to=None)


def any_argument(name: str, *, repeated: bool = False, optional: bool = False) -> Parameter:
    """Any single value."""
    return Parameter(name, lambda t: t.kind != "list", VALUE_WANTED, repeated=repeated, optional=optional)
