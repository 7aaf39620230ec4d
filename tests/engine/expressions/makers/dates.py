"""Random calls of the functions of dates, durations and working calendars."""

from __future__ import annotations

from typing import Any

PERIODS = ["'day'", "'week'", "'month'", "'quarter'", "'year'"]
CALENDARS = ["", ", 'cn_5x9'", ", '24x7'", ", 'ny'", ", 'nights'", ", 'season'"]
HOURS_OF = [", 'cn_5x9'", ", '24x7'", ", 'ny'", ", 'nights'"]
CLOCK = ["0", "1", "2", "9", "23", "24", "59", "60", "-1", "small"]
WRITTEN = [
    "'2026-3-1'",
    "'2024年2月29日'",
    "'20251231'",
    "'2026/02/30'",
    "'2026.1.31'",
    "'03/05/2026'",
    "'0000-01-01'",
]


def _either(maker: Any, depth: int) -> str:
    """A date or a datetime."""
    return str(maker.one(lambda: maker.date(depth), lambda: maker.moment(depth)))


def _part(maker: Any, depth: int) -> str:
    return f"{maker.pick(['QUARTER', 'WEEKDAY', 'ISOWEEK'])}({_either(maker, depth)})"


def _clock_part(maker: Any, depth: int) -> str:
    return f"{maker.pick(['HOUR', 'MINUTE', 'SECOND'])}({maker.moment(depth)})"


def _days_until(maker: Any, depth: int) -> str:
    return f"DAYSUNTIL({_either(maker, depth)})"


def _age(maker: Any, depth: int) -> str:
    return f"AGE({_either(maker, depth)}, {_either(maker, 0)})"


def _units(maker: Any, depth: int) -> str:
    return f"{maker.pick(['MINUTES', 'HOURS'])}({maker.moment(depth)}, {maker.moment(0)})"


def _units_of_duration(maker: Any, depth: int) -> str:
    return f"{maker.pick(['MINUTES', 'HOURS', 'DAYS'])}({maker.moment(depth)} - {maker.moment(0)})"


def _network_days(maker: Any, depth: int) -> str:
    return f"NETWORKDAYS({_either(maker, depth)}, {maker.date(0)}{maker.pick(CALENDARS)})"


def _work_hours(maker: Any, depth: int) -> str:
    return f"WORKHOURS({maker.moment(depth)}, {maker.moment(0)}{maker.pick(HOURS_OF)})"


def _made_moment(maker: Any, depth: int) -> str:
    hour, minute, second = (maker.pick(CLOCK) for _ in range(3))
    seconds = maker.pick(["", f", {second}"])
    numbers = f"{maker.pick(['2026', '2024', '10000'])}, {maker.pick(['3', '11', '13'])}, {maker.whole(0)}"
    return str(
        maker.one(
            lambda: f"DATETIME({_either(maker, depth)})",
            lambda: f"DATETIME({maker.date(depth)}, {hour}, {minute}{seconds})",
            lambda: f"DATETIME({numbers}, {hour}, {minute}{seconds})",
        )
    ).replace("small", "qty" if maker.row else "small")


def _end_of_moment(maker: Any, depth: int) -> str:
    unit = maker.pick([*PERIODS, "'hour'"])
    return f"ENDOF({unit}, {maker.moment(depth)})"


def _later_moment(maker: Any, depth: int) -> str:
    return f"EDATE({maker.moment(depth)}, {maker.whole(depth)})"


def _work_hours_later(maker: Any, depth: int) -> str:
    hours = maker.pick(["0", "4", "-4", "8.5", "24", "0.000001", "-2000"])
    return f"ADDWORKHOURS({maker.moment(depth)}, {hours}{maker.pick(HOURS_OF)})"


def _end_of_date(maker: Any, depth: int) -> str:
    return f"ENDOF({maker.pick(PERIODS)}, {maker.date(depth)})"


def _later_date(maker: Any, depth: int) -> str:
    return f"{maker.pick(['EDATE', 'EOMONTH'])}({maker.date(depth)}, {maker.whole(depth)})"


def _read_date(maker: Any, depth: int) -> str:
    return f"DATEVALUE({maker.one(lambda: maker.text(depth), lambda: maker.pick(WRITTEN))})"


def _work_day(maker: Any, depth: int) -> str:
    return f"WORKDAY({_either(maker, depth)}, {maker.whole(depth)}{maker.pick(CALENDARS)})"


NUMBER = (
    _part,
    _clock_part,
    _days_until,
    _age,
    _units,
    _units_of_duration,
    _network_days,
    _work_hours,
)
DATE = (_end_of_date, _later_date, _read_date, _work_day)
MOMENT = (_made_moment, _end_of_moment, _later_moment, _work_hours_later)
