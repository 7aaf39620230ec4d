"""What kind of field the cells of a column want. Pure; every guess is proven afterwards by reading the cells.

The guesses stand in order, the narrowest first; the first one that all cells fit is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.findings import Text, text
from forms.cells import Cell, plain, read_number_cell, read_text_cell, split_cell
from forms.check_digits import is_credit_code, is_id_number
from forms.drafting.keys import option_key
from forms.values import Problem

MOST_OPTIONS = 20
FEWEST_CELLS = 6
LONG_TEXT = 200
MOST_SCALE = 6
EXACT_DIGITS = 15
_YES_NO = frozenset({"是", "否", "yes", "no", "true", "false", "√", "×", "✓", "✗", "y", "n", "对", "错"})
_MOBILE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:\+\d{1,3}[- ]?)?\(?0?\d{2,4}\)?[- ]?\d{7,8}(?:[-x]\d{1,6})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_MOMENT = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}(?:日?[ T]+|日)\d{1,2}[:时点]\d{1,2}.*")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_CURRENCY = re.compile(r"[¥￥$€£]|元|RMB|CNY", re.IGNORECASE)
_MONEY_TITLE = re.compile(
    r"金额|单价|价格|售价|费用|货款|余额|工资|预算|成本|amount|price|cost|fee|budget|salary", re.IGNORECASE
)
_PHONE_TITLE = re.compile(r"电话|手机|联系方式|phone|mobile|tel", re.IGNORECASE)
NUMBER_TITLE = re.compile(
    r"编号|编码|代码|号码|证件|身份证|卡号|单号|账号|工号|邮编|条码|序号|\b(?:no|code|sku|id|zip)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A type with its options, and why it was chosen."""

    type: str
    why: Text
    options: dict[str, Any] = field(default_factory=dict)


def guesses(title: str, cells: Sequence[Cell]) -> Iterator[Guess]:
    """What the cells of a column may be, the likeliest first; the last one, text, always fits."""
    there = [cell for cell in cells if cell is not None and (not isinstance(cell, str) or cell.strip())]
    if there:
        for find in (_bool, _temporal, _coded, _reached, _percent, _number, _choice, _choices):
            found = find(title, there)
            if found is not None:
                yield found
    yield from _texts(there)


def _all_text(cells: Sequence[Cell], fits: Callable[[str], object]) -> bool:
    return all(isinstance(cell, str) and fits(plain(cell)) for cell in cells)


def _bool(_: str, cells: Sequence[Cell]) -> Guess | None:
    yes_no = all(
        isinstance(cell, bool) or (isinstance(cell, str) and plain(cell).casefold() in _YES_NO)
        for cell in cells
    )
    return Guess("bool", text("每格都是“是”或“否”。", "Every cell is yes or no.")) if yes_no else None


def _temporal(_: str, cells: Sequence[Cell]) -> Guess | None:
    if all(
        isinstance(cell, time) or (isinstance(cell, str) and _CLOCK.fullmatch(plain(cell))) for cell in cells
    ):
        seconds = any(isinstance(cell, time) and cell.second for cell in cells) or any(
            isinstance(cell, str) and plain(cell).count(":") == 2 for cell in cells
        )
        return Guess(
            "time",
            text("每格都是时刻。", "Every cell is a time of day."),
            {"seconds": True} if seconds else {},
        )
    kinds = {_day_or_moment(cell) for cell in cells}
    if kinds == {"date"}:
        return Guess("date", text("每格都是日期。", "Every cell is a date."))
    if kinds and kinds <= {"date", "datetime"}:
        return Guess("datetime", text("每格都是日期，且带有时间。", "Every cell is a date, with times."))
    return None


def _day_or_moment(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return "datetime" if cell.time() != time() else "date"
    if isinstance(cell, date):
        return "date"
    if isinstance(cell, str):
        written = plain(cell)
        return "date" if _DAY.fullmatch(written) else "datetime" if _MOMENT.fullmatch(written) else ""
    return ""


def _coded(_: str, cells: Sequence[Cell]) -> Guess | None:
    if _all_text(cells, lambda value: is_id_number(value.upper())):
        return Guess(
            "idno",
            text("每格都是有效的身份证号，将加密保存。", "Every cell is a valid ID number; kept encrypted."),
        )
    if _all_text(cells, lambda value: is_credit_code(value.upper())):
        return Guess("uscc", text("每格都是有效的统一社会信用代码。", "Every cell is a valid credit code."))
    return None


def _reached(title: str, cells: Sequence[Cell]) -> Guess | None:
    if _all_text(cells, _EMAIL.fullmatch):
        return Guess("email", text("每格都是邮箱地址。", "Every cell is a mail address."))
    if _all_text(cells, _URL.fullmatch):
        return Guess("url", text("每格都是网址。", "Every cell is a web address."))
    numbers = [str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell for cell in cells]
    mobile = _all_text(numbers, _MOBILE.fullmatch)
    named = bool(_PHONE_TITLE.search(title))
    landline = named and _all_text(
        numbers, lambda value: _MOBILE.fullmatch(value) or _LANDLINE.fullmatch(value)
    )
    if mobile or landline:
        return Guess("phone", text("每格都是电话号码。", "Every cell is a phone number."))
    return None


def _percent(_: str, cells: Sequence[Cell]) -> Guess | None:
    if not _all_text(cells, lambda value: value.endswith("%")) or _decimals(cells) is None:
        return None
    return Guess("percent", text("每格都以 % 结尾。", "Every cell ends in %."))


def _number(title: str, cells: Sequence[Cell]) -> Guess | None:
    if any(isinstance(cell, bool | date | time | timedelta) for cell in cells):
        return None
    scale = _decimals(cells)
    leading_zero = any(isinstance(cell, str) and re.match(r"0\d", cell.strip()) for cell in cells)
    long = any(isinstance(cell, str) and len(re.sub(r"\D", "", cell)) > EXACT_DIGITS for cell in cells)
    if scale is None or scale > MOST_SCALE or leading_zero or long:
        return None
    signed = any(isinstance(cell, str) and _CURRENCY.search(cell) for cell in cells)
    if (signed or _MONEY_TITLE.search(title)) and scale <= 2:
        return Guess(
            "money", text("数字，标题或内容表明是金额。", "Numbers; title or cells say it is money.")
        )
    if NUMBER_TITLE.search(title):
        return None  # a number that names something is a text: nobody adds it up
    if scale == 0:
        return Guess("int", text("每格都是整数。", "Every cell is a whole number."))
    return Guess(
        "decimal",
        text(f"每格都是数字，最多 {scale} 位小数。", f"Numbers of at most {scale} decimals."),
        {"scale": scale},
    )


def _decimals(cells: Sequence[Cell]) -> int | None:
    """The most decimals of the numbers in these cells; None when one is no number."""
    most = 0
    for cell in cells:
        try:
            exponent = Decimal(read_number_cell(cell)).normalize().as_tuple().exponent
        except (Problem, InvalidOperation):
            return None
        if not isinstance(exponent, int):
            return None
        most = max(most, -exponent)
    return most


def _choice(title: str, cells: Sequence[Cell]) -> Guess | None:
    values = [cell.strip() for cell in cells if isinstance(cell, str)]
    if len(values) < len(cells) or NUMBER_TITLE.search(title) or not _repeats(values):
        return None
    found = list(dict.fromkeys(values))
    why = text(
        f"{len(values)} 格中只有 {len(found)} 种内容。",
        f"{len(values)} cells hold {len(found)} different values.",
    )
    return Guess("select", why, {"options": _options(found)})


def _choices(_: str, cells: Sequence[Cell]) -> Guess | None:
    parts = [split_cell(cell) for cell in cells if isinstance(cell, str)]
    several = sum(len(each) > 1 for each in parts)
    values = [value for each in parts for value in each]
    if len(parts) < len(cells) or several * 4 < len(parts) or not _repeats(values):
        return None
    found = list(dict.fromkeys(values))
    why = text(f"每格含若干项，共 {len(found)} 种。", f"Cells name several of {len(found)} values.")
    return Guess("multiselect", why, {"options": _options(found)})


def _repeats(values: Sequence[str]) -> bool:
    found = set(values)
    return (
        len(values) >= FEWEST_CELLS
        and len(found) <= min(MOST_OPTIONS, max(2, len(values) // 3))
        and all(0 < len(value) <= 40 and "\n" not in value for value in found)
    )


def _options(values: Sequence[str]) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = []
    for value in values:
        key = option_key(value, {each["key"] for each in options})
        options.append({"key": key, "label": {"zh": value, "en": value}})
    return options


def _texts(cells: Sequence[Cell]) -> Iterator[Guess]:
    written = [_text(cell) for cell in cells]
    if not written or all(len(each) <= LONG_TEXT and "\n" not in each for each in written):
        yield Guess("text", text("文本。", "Text."))
    yield Guess(
        "textarea", text("文本，较长或有换行。", "Text, long or on several lines."), {"max_length": 100_000}
    )


def _text(cell: Cell) -> str:
    try:
        return read_text_cell(cell)
    except Problem:
        return str(cell)
