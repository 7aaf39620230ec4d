"""Parameters of a report: the variables they give to conditions, and the values readers send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Finding, Text, error
from forms.values import Problem, read_date, read_moment, read_number, read_text, wrong_type
from reports.periods import NAMED, Period, resolve
from reports.schema import Param, WeekStart

SCALES = {"int": 0, "money": 2, "percent": 4, "decimal": 6}

_TYPES: dict[str, Type] = {
    "text": t.TEXT,
    "bool": t.BOOL,
    "date": t.DATE,
    "datetime": t.DATETIME,
    "user": t.ref("user"),
    "dept": t.ref("dept"),
    "money": t.money(),
}


@dataclass(frozen=True, slots=True)
class Given:
    """What the reader gave: values of variables (memory form) and resolved periods by parameter."""

    variables: Mapping[str, Any]
    periods: Mapping[str, Period]


def bounds(name: str, kind: str) -> tuple[str, str]:
    """The variables that hold the half-open bounds of a period parameter, as dates or as moments."""
    return f"{name}__{kind}_from", f"{name}__{kind}_end"


def variable_types(params: Mapping[str, Param]) -> dict[str, Type]:
    """The variables that conditions of the report may use. A period gives its bounds, in two types."""
    found: dict[str, Type] = {}
    for name, param in params.items():
        if param.type == "period":
            found |= dict.fromkeys(bounds(name, "date"), t.DATE)
            found |= dict.fromkeys(bounds(name, "datetime"), t.DATETIME)
        else:
            one = _type(param)
            found[name] = t.list_of(one) if param.many else one
    return found


def read_params(
    params: Mapping[str, Param],
    given: Mapping[str, Any],
    *,
    now: datetime,
    zone: ZoneInfo,
    week_start: WeekStart,
) -> Given:
    """The values of all variables. Raises Invalid: unknown_parameter, param_required, invalid_value."""
    findings = [_unknown(name, params) for name in given if name not in params]
    variables: dict[str, Any] = {}
    periods: dict[str, Period] = {}
    today = now.astimezone(zone).date()
    for name, param in params.items():
        if name not in given and not param.optional:
            findings.append(_required(name))
            continue
        raw = given.get(name, param.default)
        try:
            if param.type == "period":
                period = resolve(raw, today=today, week_start=week_start)
                periods[name] = period
                variables |= dict(zip(bounds(name, "date"), period.dates(), strict=True))
                variables |= dict(zip(bounds(name, "datetime"), period.moments(zone), strict=True))
            else:
                variables[name] = _read(param, raw, zone)
        except Problem as problem:
            findings.append(error(problem.code, f"/params/{name}", problem.message, problem.fix))
        except (ValueError, OverflowError):
            findings.append(_bad_period(name))
    if findings:
        raise Invalid(findings)
    return Given(variables, periods)


def _type(param: Param) -> Type:
    if param.type == "ref":
        return t.ref(param.form or "")
    if param.type in ("int", "decimal", "percent"):
        return t.number(t.INT64_DIGITS, SCALES[param.type])
    return _TYPES[param.type]


def _read(param: Param, raw: Any, zone: ZoneInfo) -> Any:
    if param.many:
        if raw is None:
            return ()
        if not isinstance(raw, list | tuple):
            raise wrong_type("列表", "A list")
        return tuple(_one(param, each, zone) for each in raw)
    return _one(param, raw, zone)


def _one(param: Param, raw: Any, zone: ZoneInfo) -> Any:
    if raw is None:
        return None
    if param.type in SCALES:
        return read_number(raw, scale=SCALES[param.type], digits=t.INT64_DIGITS)
    if param.type == "bool":
        if not isinstance(raw, bool):
            raise wrong_type("true 或 false", "true or false")
        return raw
    readers: dict[str, Callable[[], Any]] = {
        "date": lambda: read_date(raw),
        "datetime": lambda: read_moment(raw, zone),
    }
    return readers.get(param.type, lambda: read_text(raw, max_length=1000, multiline=False))()


def _unknown(name: str, params: Mapping[str, Param]) -> Finding:
    known = "、".join(params) or "-"
    return error(
        "unknown_parameter",
        f"/params/{name}",
        Text(zh=f"报表没有参数“{name}”。", en=f"The report has no parameter '{name}'."),
        Text(zh=f"可用参数：{known}。", en=f"It has: {', '.join(params) or '-'}."),
    )


def _required(name: str) -> Finding:
    return error(
        "param_required",
        f"/params/{name}",
        Text(zh=f"请给出参数“{name}”。", en=f"The parameter '{name}' is required."),
        Text(zh="该参数没有默认值。", en="It has no default."),
    )


def _bad_period(name: str) -> Finding:
    return error(
        "invalid_value",
        f"/params/{name}",
        Text(zh=f"“{name}”不是有效的时间范围。", en=f"The value of '{name}' is not a period."),
        Text(
            zh=f'请用 {{"from", "to"}}（YYYY-MM-DD）或：{"、".join(NAMED)}。',
            en=f'Use {{"from", "to"}} (YYYY-MM-DD) or one of {", ".join(NAMED)}.',
        ),
    )
