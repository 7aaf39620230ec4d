"""Patterns of numbers: `0` is a digit that is always written, `#` one that may be missing, `%` counts hundredths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.expressions.patterns.cutting import BadPattern, Cut, cuts, cutter
from engine.expressions.scaling import round_half_up
from engine.findings import text

MAX_DECIMALS = 10
_READER = cutter(r"[#0,.]+|[%A-Za-z;?@*_\[\]\\]")
_DIGITS = re.compile(r"(#[#,]*)?(0[0,]*)?(\.(0*)(#*))?\Z")
_ADVICE = text(
    "请写成 0.00、#,##0.00 或 0% 的形式，文字用引号。", "Write it like 0.00, #,##0.00 or 0%, words in quotes."
)


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """`least` digits before the point, `fixed` to `most` after it."""

    before: str
    after: str
    least: int
    fixed: int
    most: int
    grouped: bool
    percent: bool

    def of_number(self, value: int, scale: int) -> str:
        """An integer scaled by 10**scale, rounded half away from zero; a minus stands before everything."""
        rounded = round_half_up(value, scale - 2 if self.percent else scale, self.most)
        digits = str(abs(rounded)).rjust(self.most + 1, "0")
        point = len(digits) - self.most
        whole, fraction = digits[:point].lstrip("0").rjust(self.least, "0"), digits[point:]
        fraction = fraction[: self.fixed] + fraction[self.fixed :].rstrip("0")
        if self.grouped:
            whole = _in_threes(whole)
        number = f"{whole}.{fraction}" if fraction else whole
        return f"{'-' if rounded < 0 else ''}{self.before}{number}{self.after}"


def _in_threes(digits: str) -> str:
    first = len(digits) % 3
    groups = [digits[start : start + 3] for start in range(first, len(digits), 3)]
    return ",".join([digits[:first], *groups] if first else groups)


def number_pattern(source: str) -> NumberPattern:
    """Raises BadPattern."""
    found = list(cuts(source, _READER))
    places = [index for index, cut in enumerate(found) if cut.word and cut.word != "%"]
    for index in places:
        _prove_known(found[index])
    if len(places) != 1:
        raise BadPattern(text("数位要连在一起写一次", "it must show the digits once, in one piece"), _ADVICE)
    percents = sum(cut.word == "%" for cut in found)
    if percents > 1:
        raise BadPattern(text("只能有一个 %", "there may be one % only"), _ADVICE)
    (place,) = places
    before, after = ("".join(cut.text for cut in part) for part in (found[:place], found[place + 1 :]))
    return _with_digits(found[place].word, before, after, percent=percents == 1)


def _prove_known(cut: Cut) -> None:
    if cut.word[0] not in "#0,.":
        raise BadPattern(
            text(f"“{cut.word}”在数字格式中没有意义", f"'{cut.word}' has no meaning for numbers"), _ADVICE
        )


def _with_digits(digits: str, before: str, after: str, *, percent: bool) -> NumberPattern:
    match = _DIGITS.match(digits)
    whole, _, fraction = digits.partition(".")
    if match is None or whole.startswith(",") or whole.endswith(",") or digits in {"", "."}:
        raise BadPattern(
            text(f"数位“{digits}”写法有误", f"the digits '{digits}' are not well formed"), _ADVICE
        )
    if len(fraction) > MAX_DECIMALS:
        raise BadPattern(
            text(f"最多 {MAX_DECIMALS} 位小数", f"at most {MAX_DECIMALS} decimals are possible"), _ADVICE
        )
    return NumberPattern(
        before,
        after,
        least=whole.count("0"),
        fixed=fraction.count("0"),
        most=len(fraction),
        grouped="," in whole,
        percent=percent,
    )
