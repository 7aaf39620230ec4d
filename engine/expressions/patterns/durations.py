"""Patterns of durations: `d`, `h`, `m`, `s`. The largest that is shown counts all: 26:30 for `h:mm`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.expressions.patterns.cutting import BadPattern, cuts, cutter
from engine.findings import text

_READER = cutter(r"\[[A-Za-z]+\]|[A-Za-z]+")
_UNITS = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}
_ADVICE = text("请写成 h:mm、d天h小时 或 m分 的形式。", "Write it like h:mm or d 'days' h 'hours'.")
_MOST_DIGITS = 2


@dataclass(frozen=True, slots=True)
class DurationPattern:
    """Texts, and pairs of a unit and the digits it has at least."""

    parts: tuple[str | tuple[str, int], ...]

    def of(self, microseconds: int) -> str:
        """What is below the smallest unit that is shown is left out."""
        counts = {}
        rest = abs(microseconds)
        for unit, size in _UNITS.items():
            if any(not isinstance(part, str) and part[0] == unit for part in self.parts):
                counts[unit], rest = divmod(rest, size)
        made = "".join(
            [part if isinstance(part, str) else f"{counts[part[0]]:0{part[1]}}" for part in self.parts]
        )
        return f"-{made}" if microseconds < 0 and any(counts.values()) else made


def duration_pattern(source: str) -> DurationPattern:
    """Raises BadPattern."""
    parts: list[str | tuple[str, int]] = []
    for cut in cuts(source, _READER):
        word = cut.word.strip("[]").lower()
        if not word:
            parts.append(cut.text)
        elif word[0] in _UNITS and word == word[0] * len(word) and len(word) <= _MOST_DIGITS:
            parts.append((word[0], len(word)))
        else:
            raise BadPattern(
                text(f"“{cut.text}”在时长格式中没有意义", f"'{cut.text}' has no meaning for durations"),
                _ADVICE,
            )
    if all(isinstance(part, str) for part in parts):
        raise BadPattern(text("没有要填的内容", "it fills in nothing"), _ADVICE)
    return DurationPattern(tuple(parts))
