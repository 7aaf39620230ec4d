"""Cells of a spreadsheet or csv file -> JSON values of a field, and back, by the kind of value.

A cell holds what the file gives: text, a number, a truth value, a date or time. Nothing is guessed: a day
written 03/05/2026 is refused, a number that the file could not hold exactly too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from forms.values import Problem, moment_json, number_text, read_number, wrong_type

Cell = str | int | float | bool | Decimal | date | datetime | time | timedelta | None

_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?\Z")
_DAY_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})\Z")
_CLOCK = re.compile(r"(\d{1,2})(?::|时|点)(\d{1,2})(?:(?::|分)(?:(\d{1,2})(?:\.(\d{1,6}))?秒?)?)?\Z")
_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(\.\d+)?(%?)\Z")
_CURRENCY = re.compile(r"\A(?:CNY|RMB|HK\$|US\$|[¥$€£])\s*|\s*(?:元|CNY|RMB)\Z", re.IGNORECASE)
_BETWEEN = "、､﹑︑,，﹐︐;；﹔︔\n"
"""Signs between the several values of one cell, however wide they were typed."""
_PART = re.compile(
    rf'\s*(?:"((?:[^"]|"")*+)"[^\S\n]*(?=[{_BETWEEN}]|\Z)|([^{_BETWEEN}]*))(?:[{_BETWEEN}]|\Z)'
)
_YES = frozenset({"true", "yes", "y", "1", "是", "对", "真", "√", "✓", "✔"})
_NO = frozenset({"false", "no", "n", "0", "否", "错", "假", "×", "✗", "✘"})
_EXACT = 10**15
MONTHS = 12


def empty(cell: Cell) -> bool:
    """Whether the cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain(text: str) -> str:
    """Text as people may have typed it: full-width signs become plain ones, blanks around it go."""
    return unicodedata.normalize("NFKC", text).strip()


def read_text_cell(cell: Cell) -> str:
    """The text of a cell; a whole number has no decimals, a day is written YYYY-MM-DD."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if _midnight(cell) else cell.isoformat(" ", "seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def _float_text(cell: float) -> str:
    """A binary number as a spreadsheet shows it, with 15 digits. Raises Problem past those."""
    if not isfinite(cell) or abs(cell) >= _EXACT:
        raise Problem(
            "too_precise",
            "单元格中的数字超过 15 位，可能已失真。",
            "A number of more than 15 digits in a cell may have lost precision.",
            "请把单元格设为文本格式后重新填写。",
            "Format the cell as text and type it again.",
        )
    text = format(Decimal(format(cell, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_number_cell(cell: Cell, *, percent: bool = False) -> str:
    """The decimal in a cell: 1,234.50, ￥1,200, (1,200.00), 12.5%. With `percent` 12.5% is 12.5, else 0.125."""
    if isinstance(cell, (bool, date, time, timedelta)) or cell is None:
        raise wrong_type("数字", "A number")
    if isinstance(cell, float):
        return _float_text(cell)
    if not isinstance(cell, str):
        return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    text = plain(cell)
    negative = text.startswith("(") and text.endswith(")")
    bare = _CURRENCY.sub("", text[1:-1].strip() if negative else text, count=2)
    sign = "-" if negative else ""
    if bare.startswith("-") and not negative:
        sign, bare = "-", _CURRENCY.sub("", bare[1:])
    found = _NUMBER.match(bare)
    if found is None or (found.group(1) and sign):
        raise Problem(
            "wrong_type",
            f"“{text[:40]}”不是数字。",
            f"'{text[:40]}' is not a number.",
            "例如 1234.50、1,234.50 或 ￥1,234.50。",
            "For example 1234.50, 1,234.50 or ￥1,234.50.",
        )
    number = Decimal((found.group(1) or sign) + found.group(2).replace(",", "") + (found.group(3) or ""))
    if found.group(4) and not percent:
        number = number.scaleb(-2)
    return format(number, "f")


def decimal_json(text: str, *, scale: int, whole: bool) -> Any:
    """The decimal as its field writes it in JSON; one that does not fit stays as it is, to be refused."""
    try:
        value = read_number(text, scale=scale, digits=18)
    except Problem:
        return text
    return value if whole else number_text(value, scale)


def read_day_cell(cell: Cell) -> date:
    """The day in a cell: 2026-03-01, 2026/3/1, 2026年3月1日, or a date of the spreadsheet."""
    if isinstance(cell, datetime):
        if not _midnight(cell):
            raise Problem(
                "has_time",
                "此处应为日期，单元格却带有时间。",
                "A date is expected; the cell holds a time as well.",
                "请去掉时间。",
                "Remove the time.",
            )
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        raise wrong_type("日期", "A date")
    return _day(plain(cell))


def _day(text: str) -> date:
    found = _DAY.match(text)
    last = _DAY_LAST.match(text) if found is None else None
    if last is not None and _two_ways(*map(int, last.groups())):
        raise Problem(
            "ambiguous_date",
            f"“{text}”分不清哪个是月、哪个是日。",
            f"In '{text}' day and month cannot be told apart.",
            "请写成 YYYY-MM-DD。",
            "Write YYYY-MM-DD.",
        )
    try:
        if last is not None:
            first, second, year = map(int, last.groups())
            return date(year, min(first, second), max(first, second))
        if found is None:
            raise ValueError
        return date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
    except ValueError:
        raise Problem(
            "bad_date", "日期无效。", "This is not a date.", "请写成 YYYY-MM-DD。", "Write YYYY-MM-DD."
        ) from None


def _two_ways(first: int, second: int, year: int) -> bool:
    """Whether 03/05/2026 can mean two days; 25/12/2026 and 12/25/2026 mean the same one."""
    return year < 1000 or (first <= MONTHS and second <= MONTHS and first != second)


def read_moment_cell(cell: Cell, zone: ZoneInfo) -> str:
    """The moment in a cell as JSON in UTC; without an offset it is local time of `zone`."""
    if isinstance(cell, datetime):
        return _moment(cell, zone)
    if isinstance(cell, date):
        return _moment(datetime.combine(cell, time()), zone)
    if not isinstance(cell, str):
        raise wrong_type("日期时间", "A date and time")
    text = plain(cell)
    try:
        if "T" in text or text[-6:-5] in ("+", "-") or text.endswith("Z"):
            return _moment(datetime.fromisoformat(text), zone)
    except ValueError:
        raise _bad_moment() from None
    day, _, clock = text.partition(" ") if " " in text else text.partition("日")
    at = read_clock(clock.strip()) if clock.strip() else time()
    return _moment(datetime.combine(_day(day), at), zone)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    try:
        return moment_json((moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC))
    except OverflowError:  # in UTC it is before the year 1 or after 9999
        raise _bad_moment() from None


def read_clock(text: str) -> time:
    """A time of day: 9:30, 09:30:15, 9时30分. Raises Problem."""
    found = _CLOCK.match(text)
    try:
        if found is None:
            raise ValueError
        hour, minute, second, micros = found.groups()
        return time(int(hour), int(minute), int(second or 0), int((micros or "").ljust(6, "0")))
    except ValueError:
        raise bad_time() from None


def bad_time() -> Problem:
    """What is no time of day."""
    return Problem(
        "bad_time",
        "时间无效。",
        "This is not a time of day.",
        "请写成 HH:MM 或 HH:MM:SS。",
        "Write HH:MM or HH:MM:SS.",
    )


def _bad_moment() -> Problem:
    return Problem(
        "bad_datetime",
        "日期时间无效。",
        "This is not a date and time.",
        "请写成 YYYY-MM-DD HH:MM。",
        "Write YYYY-MM-DD HH:MM.",
    )


def write_moment_cell(value: str, zone: ZoneInfo) -> datetime | str:
    """A moment as local time of `zone`, which spreadsheets have; as text with its offset where that would
    lose something: parts of a second, or the hour that the clock shows twice.
    """
    try:
        local = datetime.fromisoformat(value).astimezone(zone)
    except OverflowError:  # there it is after the year 9999 or before 1
        return value
    bare = local.replace(tzinfo=None)
    if bare.microsecond or bare.replace(tzinfo=zone).astimezone(UTC) != local.astimezone(UTC):
        return local.isoformat()
    return bare


def read_bool_cell(cell: Cell) -> bool:
    """是/否, true/false, yes/no, 1/0, √/×."""
    if isinstance(cell, bool):
        return cell
    word = plain(cell).casefold() if isinstance(cell, str) else ""
    if not isinstance(cell, (str, date, time, timedelta)) and cell in (0, 1):
        return bool(cell)
    if word in _YES or word in _NO:
        return word in _YES
    raise Problem(
        "wrong_type", "应为是或否。", "Yes or no is expected.", "请写“是”或“否”。", "Write yes or no."
    )


def split_cell(cell: Cell) -> list[str]:
    """The several values in one cell, between 、 , ; or on lines of their own. One that stands in double quotes may
    hold these signs itself; quotes within it are written twice, as in csv files.
    """
    parts = _PART.findall(read_text_cell(cell))
    values = (quoted.replace('""', '"') if quoted else bare.strip() for quoted, bare in parts)
    return [value for value in values if value]


def join_cell(values: Iterable[str]) -> str:
    """The cell with several values: 甲、乙. `split_cell` gives them back, so what it would read otherwise stands in
    quotes: "a, b"、乙.
    """
    return "、".join(map(_quoted, values))


def _quoted(value: str) -> str:
    if not value.startswith('"') and split_cell(value) == [value]:
        return value
    return '"' + value.replace('"', '""') + '"'


def _midnight(moment: datetime) -> bool:
    return moment.time() == time()


def cell_json(kind: str, cell: Cell, *, scale: int, whole: bool, zone: ZoneInfo) -> Any:
    """The JSON value that a cell means for a value of an expression `kind`; None for an empty cell.

    `whole`: numbers are JSON integers; otherwise decimals of `scale` as text. Raises Problem.
    """
    if empty(cell):
        return None
    if kind in ("number", "money"):
        return decimal_json(read_number_cell(cell), scale=scale, whole=whole)
    if kind == "date":
        return read_day_cell(cell).isoformat()
    if kind == "datetime":
        return read_moment_cell(cell, zone)
    if kind == "bool":
        return read_bool_cell(cell)
    if kind in ("choices", "list"):
        return split_cell(cell)
    return read_text_cell(cell)


def json_cell(kind: str, value: Any, zone: ZoneInfo) -> Cell:
    """The cell for a JSON value; `cell_json` gives the value back."""
    if value is None:
        return None
    if kind in ("number", "money"):
        return Decimal(value) if isinstance(value, str) else int(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "datetime":
        return write_moment_cell(value, zone)
    if kind in ("choices", "list"):
        return join_cell(value)
    if kind == "ref" and isinstance(value, dict):
        return str(value["id"])
    return value if isinstance(value, (str, bool, int)) else str(value)
