from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Invalid
from reports.params import read_params, variable_types
from reports.schema import Param

NOW = datetime(2026, 3, 31, 16, 10, tzinfo=UTC)  # 2026-04-01 00:10 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(params: dict[str, Param], **given: object) -> dict[str, object]:
    return dict(read_params(params, given, now=NOW, zone=SHANGHAI, week_start="mon").variables)


def test_this_month_is_april_ten_minutes_after_local_midnight() -> None:
    found = read({"range": Param(type="period", default="this_month")})
    assert found["range__date_from"] == date(2026, 4, 1)
    assert found["range__datetime_from"] == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert found["range__datetime_end"] == datetime(2026, 4, 30, 16, tzinfo=UTC)


def test_values_are_read_as_their_type_says() -> None:
    params = {
        "least": Param(type="money"),
        "rate": Param(type="percent"),
        "day": Param(type="date"),
        "open": Param(type="bool"),
        "regions": Param(type="ref", form="region", many=True),
    }
    given = {"least": "12.50", "rate": 8, "day": "2026-03-01", "open": True, "regions": ["east", "north"]}
    assert read(params, **given) == {
        "least": 1250,
        "rate": 80000,
        "day": date(2026, 3, 1),
        "open": True,
        "regions": ("east", "north"),
    }


def test_null_may_be_a_default() -> None:
    assert read({"owner": Param(type="user", default=None)}) == {"owner": None}


@pytest.mark.parametrize(
    ("params", "given", "code", "pointer"),
    [
        ({"owner": Param(type="user")}, {}, "param_required", "/params/owner"),
        ({}, {"owner": "li"}, "unknown_parameter", "/params/owner"),
        ({"range": Param(type="period")}, {"range": "someday"}, "invalid_value", "/params/range"),
        ({"day": Param(type="date")}, {"day": "31.03.2026"}, "bad_date", "/params/day"),
        ({"least": Param(type="money")}, {"least": "1.005"}, "too_precise", "/params/least"),
        ({"open": Param(type="bool")}, {"open": "yes"}, "wrong_type", "/params/open"),
    ],
)
def test_what_does_not_fit_is_named(params: dict, given: dict, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(params, **given)
    assert [(each.code, each.pointer) for each in refused.value.findings] == [(code, pointer)]


def test_a_period_gives_bounds_for_dates_and_for_moments() -> None:
    types = variable_types({"range": Param(type="period"), "who": Param(type="user", many=True)})
    assert {name: kind.label["en"] for name, kind in types.items()} == {
        "range__date_from": "date",
        "range__date_end": "date",
        "range__datetime_from": "datetime",
        "range__datetime_end": "datetime",
        "who": "list of reference to user",
    }
