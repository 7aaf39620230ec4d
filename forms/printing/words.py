"""Values as people read them on paper: money with thousands, dates in words, names instead of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.connect.values import COMMA, Label, Named, Reader, as_words, decimal_text
from engine.expressions import Type
from forms.cells import Cell
from forms.compiled import Field
from forms.field_type import Derived, FieldType, Reading

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Writer:
    """How one reader reads values."""

    language: Literal["zh", "en"]
    zone: ZoneInfo
    country: str
    named: Named

    def words(self, value: Any, kind: Type, field: Field | None, labels: Mapping[str, Label] | None) -> str:
        """The words for a value in memory form; nothing is an empty text. `field` is the one it is of."""
        if value is None:
            return ""
        by_type = self._by_type(kind)
        if by_type is not None:
            return by_type(value, kind)
        if kind.item is not None and kind.item.form is not None:
            names = (self.named(kind.item.form, each) for each in value)
            return COMMA[self.language].join(name for name in names if name)
        shown = plain_kind(field)
        if shown is None or field is None or kind.kind in {"bool", "ref"}:
            return as_words(value, kind, Reader(self.language, self.zone, self.named), labels)
        cell = shown.write_cell(field.codec.json_of(value), Reading(self.zone, self.country, self.language))
        if shown.type == "region" and self.language == "zh":
            return self._cell(cell).replace("/", "")
        return self._cell(cell) + ("%" if shown.type == "percent" else "")

    def _by_type(self, kind: Type) -> Callable[[Any, Type], str] | None:
        known: Mapping[str, Callable[[Any, Type], str]] = {
            "money": self._money,
            "date": self._day,
            "datetime": self._moment,
            "duration": self._span,
            "geo": self._place,
        }
        return known.get(kind.kind)

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, Decimal):
            written = f"{cell:f}"
            return written.rstrip("0").rstrip(".") if "." in written else written
        if cell is None:
            return ""
        return str(cell).replace("、", COMMA[self.language])

    def _money(self, value: int, kind: Type) -> str:
        whole, point, rest = decimal_text(value, kind.scale).partition(".")
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        return f"{sign}{int(digits):,}{point}{rest}"

    def _day(self, day: date, kind: Type) -> str:
        zh = self.language == "zh"
        if kind.grain == "quarter":
            number = (day.month + 2) // 3
            return f"{day.year}年第{number}季度" if zh else f"Q{number} {day.year}"
        if kind.grain == "month":
            return f"{day.year}年{day.month}月" if zh else f"{MONTHS[day.month - 1]} {day.year}"
        if zh:
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def _moment(self, moment: datetime, kind: Type) -> str:
        local = moment.astimezone(self.zone)
        return f"{self._day(local.date(), Type('date'))} {local:%H:%M}"

    def _span(self, micros: int, kind: Type) -> str:
        minutes, sign = abs(micros) // 60_000_000, "-" if micros < 0 else ""
        if minutes == 0 and micros:
            return f"{sign}{timedelta(microseconds=abs(micros)).total_seconds():g} s"
        hours, minutes = divmod(minutes, 60)
        if self.language == "zh":
            return (
                sign + (f"{hours}小时" if hours else "") + (f"{minutes}分钟" if minutes or not hours else "")
            )
        return sign + " ".join(
            ([f"{hours} h"] if hours else []) + ([f"{minutes} min"] if minutes or not hours else [])
        )

    def _place(self, value: tuple[int, int], kind: Type) -> str:
        return ", ".join(decimal_text(each, 6) for each in value)


def plain_kind(field: Field | None) -> FieldType | None:
    """The type that says how a field is written; of a derived field that of its value. None: its value type
    alone says it.
    """
    kind = field.kind if field is not None else None
    return kind.result if isinstance(kind, Derived) else kind
