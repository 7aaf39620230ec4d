"""Patterns of dates and local times.

`m` and `M` mean the month, or the minute right after an hour or right before seconds, as in Excel. Hours
count to 24 unless AM/PM or 上午/下午 is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.expressions.patterns.cutting import BadPattern, Cut, cuts, cutter
from engine.findings import text

_READER = cutter(r"AM/PM|am/pm|上午/下午|(?P<letter>[A-Za-z])(?P=letter)*")
_ADVICE = text(
    "请写成 yyyy-MM-dd、yyyy年M月d日 或 HH:mm:ss 的形式，文字用引号。",
    "Write it like yyyy-MM-dd, d MMM yyyy or HH:mm:ss, words in quotes.",
)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_CHINESE_WEEKDAYS = "一二三四五六日"
_HALVES = {"AM/PM": ("AM", "PM"), "am/pm": ("am", "pm"), "上午/下午": ("上午", "下午")}
_SAME = str.maketrans("YDSH", "ydsh")

Write = Callable[[Any], str]


def _twelve(at: Any) -> int:
    return int(at.hour + 11) % 12 + 1


_DATES: Mapping[str, Write] = {
    "yyyy": lambda at: f"{at.year:04}",
    "yy": lambda at: f"{at.year % 100:02}",
    "M": lambda at: str(at.month),
    "MM": lambda at: f"{at.month:02}",
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "d": lambda at: str(at.day),
    "dd": lambda at: f"{at.day:02}",
    "ddd": lambda at: _WEEKDAYS[at.weekday()][:3],
    "dddd": lambda at: _WEEKDAYS[at.weekday()],
    "aaa": lambda at: _CHINESE_WEEKDAYS[at.weekday()],
    "aaaa": lambda at: f"星期{_CHINESE_WEEKDAYS[at.weekday()]}",
}
_TIMES: Mapping[str, Write] = {
    "h": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour:02}",
    "m": lambda at: str(at.minute),
    "mm": lambda at: f"{at.minute:02}",
    "s": lambda at: str(at.second),
    "ss": lambda at: f"{at.second:02}",
}
_HALF_DAYS: Mapping[str, Write] = {"h": lambda at: str(_twelve(at)), "hh": lambda at: f"{_twelve(at):02}"}


@dataclass(frozen=True, slots=True)
class MomentPattern:
    """Texts and what is filled in, in order."""

    parts: tuple[str | Write, ...]

    def of(self, at: date | datetime) -> str:
        """A date or a naive local time as text."""
        return "".join([part if isinstance(part, str) else part(at) for part in self.parts])


def moment_pattern(source: str, *, timed: bool) -> MomentPattern:
    """`timed`: the value has a time of day. Raises BadPattern."""
    found = [Cut(_shared(cut.word), cut.text) for cut in cuts(source, _READER)]
    words = [cut.word for cut in found if cut.word]
    if not words:
        raise BadPattern(text("没有要填的内容", "it fills in nothing"), _ADVICE)
    halved = any(word in _HALVES for word in words)
    parts: list[str | Write] = []
    seen = 0
    for cut in found:
        if not cut.word:
            parts.append(cut.text)
            continue
        around = (words[seen - 1] if seen else "", words[seen + 1] if seen + 1 < len(words) else "")
        parts.append(_written(cut, around, timed=timed, halved=halved))
        seen += 1
    return MomentPattern(tuple(parts))


def _shared(word: str) -> str:
    """YYYY, DD, SS and HH mean what yyyy, dd, ss and hh do; the T between a date and a time is a T."""
    return word if word in _HALVES else "" if word == "T" else word.translate(_SAME)


def _written(cut: Cut, around: tuple[str, str], *, timed: bool, halved: bool) -> Write:
    word = cut.word
    if word in _HALVES:
        first, second = _HALVES[word]
        write: Write | None = lambda at: first if at.hour < 12 else second  # noqa: E731 - one of many such
        time = True
    else:
        time, write = _meant(word, around, halved=halved)
    if write is None:
        raise BadPattern(
            text(f"“{cut.text}”在日期格式中没有意义", f"'{cut.text}' has no meaning for dates"), _ADVICE
        )
    if time and not timed:
        raise BadPattern(text(f"日期没有“{cut.text}”", f"a date has no '{cut.text}'"), _ADVICE)
    return write


def _meant(word: str, around: tuple[str, str], *, halved: bool) -> tuple[bool, Write | None]:
    """Whether a word is a time of day, and how it is written."""
    if word.lower() in {"m", "mm"}:
        before, after = around
        minute = before.startswith("h") or after.startswith("s")
        return minute, _TIMES[word.lower()] if minute else _DATES[word.upper()]
    if word.startswith("m"):
        word = word.upper()
    if halved and word in _HALF_DAYS:
        return True, _HALF_DAYS[word]
    return word in _TIMES, _TIMES.get(word) or _DATES.get(word)
