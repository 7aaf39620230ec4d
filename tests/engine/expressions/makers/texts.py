"""Random calls of the text functions."""

from __future__ import annotations

from typing import Any

SEPARATORS = ['"-"', '"a"', '"、"', '"."', '"aa"', '""', '" "', '"%"', '"\\\\"', "name", "note"]
COUNTS = ["0", "1", "2", "3", "-1", "9", "10000", "10001", "999999999999999", "-999999999999999"]
NUMBERS_WRITTEN = [
    '"12"',
    '" -1,234.5 "',
    '"１２．３４５６７８９"',
    '"999999999999999.9999995"',
    '"+.5"',
    '"1,23"',
    '"x"',
    '"-0.0000005"',
]
NUMBER_PATTERNS = ['"0"', '"#,##0.00"', '"0.0%"', '"#.##"', '"¥0,000.0#元"', '"000"']
DATE_PATTERNS = ['"yyyy-MM-dd"', '"yyyy年M月d日"', '"d MMM yy, dddd"', '"aaaa"']
MOMENT_PATTERNS = ['"yyyy-MM-dd HH:mm:ss"', '"h:mm AM/PM"', '"M月d日 上午/下午h点m分"']
DURATION_PATTERNS = ['"h:mm"', '"d天h小时m分s秒"', '"[mm]"']
REGULAR = ['"a.*"', '"[A-Z]+"', '"\\\\p{Han}*"', '".{0,3}"', '"(a|b)*"', '"(?i)ab"']


def count(maker: Any, depth: int) -> str:
    """A whole number, mostly small."""
    if maker.row or maker.random.random() < 0.7:
        return str(maker.pick(COUNTS))
    return str(maker.whole(depth - 1))


def part(maker: Any, depth: int) -> str:
    """A short text to look for."""
    if maker.row or depth <= 0:
        return str(maker.pick(SEPARATORS[:-2]))
    return str(maker.pick([*SEPARATORS, maker.text(depth - 1)]))


def right(maker: Any, depth: int) -> str:
    return f"RIGHT({maker.text(depth)}, {count(maker, depth)})"


def middle(maker: Any, depth: int) -> str:
    return f"MID({maker.text(depth)}, {count(maker, depth)}, {count(maker, 0)})"


def split_part(maker: Any, depth: int) -> str:
    return f"SPLITPART({maker.text(depth)}, {part(maker, depth)}, {count(maker, depth)})"


def substitute(maker: Any, depth: int) -> str:
    return f"SUBSTITUTE({maker.text(depth)}, {part(maker, depth)}, {maker.text(0)})"


def substitute_once(maker: Any, depth: int) -> str:
    return f"SUBSTITUTE({maker.text(depth)}, {part(maker, 0)}, {maker.text(0)}, {count(maker, depth)})"


def replace(maker: Any, depth: int) -> str:
    return f"REPLACE({maker.text(depth)}, {count(maker, depth)}, {count(maker, 0)}, {maker.text(0)})"


def repeat(maker: Any, depth: int) -> str:
    return f"REPT({maker.text(depth)}, {count(maker, depth)})"


def pad(maker: Any, depth: int) -> str:
    fill = maker.pick(["", f", {part(maker, depth)}", f", {maker.text(0)}"])
    return f"{maker.pick(['LPAD', 'RPAD'])}({maker.text(depth)}, {count(maker, depth)}{fill})"


def join(maker: Any, depth: int) -> str:
    flag = maker.pick(["true", "false"])
    return f"TEXTJOIN({part(maker, depth)}, {flag}, {maker.text(depth)}, {maker.number(0)}, {maker.text(0)})"


def proper(maker: Any, depth: int) -> str:
    return f"PROPER({maker.text(depth)})"


def spelled_moment(maker: Any, depth: int) -> str:
    return f"TEXT({maker.moment(depth)})"


def spelled_duration(maker: Any, depth: int) -> str:
    return f"TEXT({maker.duration(depth)})"


def spelled_condition(maker: Any, depth: int) -> str:
    return f"TEXT({maker.bool(depth)})"


def number_by_pattern(maker: Any, depth: int) -> str:
    return f"TEXT({maker.number(depth)}, {maker.pick(NUMBER_PATTERNS)})"


def date_by_pattern(maker: Any, depth: int) -> str:
    return f"TEXT({maker.date(depth)}, {maker.pick(DATE_PATTERNS)})"


def moment_by_pattern(maker: Any, depth: int) -> str:
    return f"TEXT({maker.moment(depth)}, {maker.pick(DATE_PATTERNS + MOMENT_PATTERNS)})"


def duration_by_pattern(maker: Any, depth: int) -> str:
    return f"TEXT({maker.duration(depth)}, {maker.pick(DURATION_PATTERNS)})"


def pinyin(maker: Any, depth: int) -> str:
    style = maker.pick(["", ', "full"', ', "initials"'])
    return f"PINYIN({maker.text(depth)}{style})"


def find(maker: Any, depth: int) -> str:
    start = maker.pick(["", f", {count(maker, depth)}"])
    return f"FIND({part(maker, depth)}, {maker.text(depth)}{start})"


def value(maker: Any, depth: int) -> str:
    written = [*NUMBERS_WRITTEN, f"TEXT({maker.number(depth)})", maker.text(depth)]
    return f"VALUE({maker.pick(written)})"


def ends_with(maker: Any, depth: int) -> str:
    return f"ENDSWITH({maker.text(depth)}, {part(maker, depth)}, {maker.pick(['true', 'false'])})"


def matches(maker: Any, depth: int) -> str:
    return f"MATCHES({maker.text(depth)}, {maker.pick(REGULAR)})"


TEXT = (
    right,
    middle,
    split_part,
    substitute,
    substitute_once,
    replace,
    repeat,
    pad,
    join,
    proper,
    spelled_moment,
    spelled_duration,
    spelled_condition,
    number_by_pattern,
    date_by_pattern,
    moment_by_pattern,
    duration_by_pattern,
    pinyin,
)
NUMBER = (find, find, value)
BOOL = (ends_with, matches)
