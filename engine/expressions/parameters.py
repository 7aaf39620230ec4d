"""The kinds of arguments functions take."""

from __future__ import annotations

from engine.expressions.function import Parameter
from engine.expressions.types import BOOL, INTEGER, TEXT, Type
from engine.findings import text

TEXT_WANTED = text("文本", "text")
NUMBER_WANTED = text("数字", "a number")
WHOLE_WANTED = text("整数", "a whole number")
BOOL_WANTED = text("条件", "a condition")
DATETIME_WANTED = text("日期时间", "a datetime")
MOMENT_WANTED = text("日期或日期时间", "a date or a datetime")
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


def whole_argument(name: str, *, optional: bool = False) -> Parameter:
    """A number without decimals."""
    return Parameter(name, lambda t: t.numeric and t.scale == 0, WHOLE_WANTED, optional=optional, to=INTEGER)


def condition_argument(name: str, *, repeated: bool = False) -> Parameter:
    """True, false or null."""
    return Parameter(name, lambda t: t.kind == "bool", BOOL_WANTED, repeated=repeated, to=BOOL)


def moment_argument(name: str) -> Parameter:
    """A date or a datetime."""
    return Parameter(name, lambda t: t.kind in {"date", "datetime"}, MOMENT_WANTED, to=None)


def any_argument(name: str, *, repeated: bool = False, optional: bool = False) -> Parameter:
    """Any single value."""
    return Parameter(name, lambda t: t.kind != "list", VALUE_WANTED, repeated=repeated, optional=optional)
