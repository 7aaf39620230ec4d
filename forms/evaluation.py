"""An expression tried on one record: its value there, and why. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from engine.definitions.app import CompiledApp
from engine.definitions.find_place import Found
from engine.errors import Invalid
from engine.expressions import CheckedExpression, Env, Shape, Type, trace
from engine.expressions.canonical import value_json
from engine.expressions.types import DATETIME
from engine.findings import error, text
from engine.identity.service import principal_of, unknown
from engine.storage.unit_of_work import UnitOfWork
from forms.api_records import get_json
from forms.compiled import Field, Referring, compiled_form
from forms.environment import Overlay, environment
from forms.referring import referring_records
from forms.trial_record import RecordReader, Roll, not_a_value, read_value, unknown_name


@dataclass(frozen=True, slots=True)
class Trial:
    """What an expression is tried on.

    `record` is the id of a record or a JSON object of some of its values, `old` the values it had before (for
    a stored record: those that differ), `row` the index of a child row when the place is one of rows,
    `variables` stand in for `$names`, `as_user` is who `$me` is.
    """

    record: str | Mapping[str, Any]
    old: Mapping[str, Any] | None = None
    row: int | None = None
    variables: Mapping[str, Any] | None = None
    as_user: str | None = None


def try_expression(
    work: UnitOfWork, key: str, found: Found, checked: CheckedExpression, trial: Trial
) -> dict[str, Any]:
    """{"value", "holds", "trace"}; `holds` is None for what is no condition.

    A stored record is read with the rights of who asks. Raises Invalid, RecordNotFound, Forbidden.
    """
    whole = found.place.scope.parent or found.place.scope.shape
    stored = isinstance(trial.record, str)
    values = _values(work, key, whole, trial)
    before = trial.old
    if before is not None or stored:
        before = {**(values if stored else {}), **(before or {})}
    principal = principal_of(work, trial.as_user) if trial.as_user else work.principal
    if principal is None:
        raise Invalid([unknown("/as_user", str(trial.as_user))])
    with work.acting(principal, work.source) if trial.as_user else nullcontext():
        env = _environment(work, key, found, trial)
        roll = _roll(work, key, whole.key) if stored else None
        reader = RecordReader(found.context.compiled.get("form", {}), env, roll)
        kept = set(values) if stored else set()
        record = reader.record(values, whole, "/record", kept=kept)
        if before is not None:
            env = replace(env, old=reader.record(before, whole, "/old", kept=kept - (trial.old or {}).keys()))
        if found.place.scope.parent is not None:
            env = replace(env, parent=record)
            record = _row(record, found.place.scope.shape.key, trial.row)
        reader.prove()
        part = trace(checked, record, env)
        return {
            "value": value_json(part.value, part.type),
            "holds": checked.holds(record, env) is True if checked.type.kind == "bool" else None,
            "trace": part.as_json(),
        }


def _values(work: UnitOfWork, key: str, shape: Shape, trial: Trial) -> Mapping[str, Any]:
    """The record as JSON; of a stored one what the draft still knows."""
    if not isinstance(trial.record, str):
        return trial.record
    app = work.app(key)
    stored = get_json(work, app, compiled_form(app, shape.key), trial.record)
    names = set(shape.names())
    return {name: value for name, value in stored.items() if name in names}


def _roll(work: UnitOfWork, key: str, shape: str) -> Roll:
    """What refers to a stored record, as far as the published app knows it."""
    app = work.app(key)

    def roll(record: str, asked: Field | Referring) -> Any:
        source = app.kind("form").get(asked.form) if isinstance(asked, Referring) else None
        if source is None or not isinstance(asked, Referring) or asked.link not in source.fields:
            return None
        return referring_records(work, app, compiled_form(app, shape), asked, record)

    return roll


def _environment(work: UnitOfWork, key: str, found: Found, trial: Trial) -> Env:
    """The published app's, with the draft's time zone; nothing is stored of an app that is not published."""
    context = found.context
    head: CompiledApp | None = work.runtime.head(work, key)
    zone = ZoneInfo(context.settings.tz)
    if head is not None:
        env = replace(environment(work, head), tz=zone, calendars=context.calendars)
    else:
        today = work.now.astimezone(zone).date()
        known = {**work.principal.own_variables(), "now": work.now, "today": today}
        members = dict.fromkeys(context.compiled.get("scope", {}), ())
        env = Env(work.now, zone, {**members, **known}, calendars=context.calendars)
    given = _variables(found.place.scope.variables, trial.variables or {}, zone)
    now = given.pop("now", None)
    return replace(
        env, now=now or env.now, variables=Overlay(given, env.variables) if given else env.variables
    )


def _variables(known: Mapping[str, Type], raw: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """What is given for `$names`; $now is a moment, and what day it is follows from it. Raises Invalid."""
    known = {name: kind for name, kind in known.items() if name != "today"} | {"now": DATETIME}
    given, findings = {}, []
    for name, value in raw.items():
        pointer = f"/variables/{name}"
        if name not in known:
            findings.append(unknown_name(pointer, name))
            continue
        try:
            given[name] = read_value(value, known[name], zone)
        except (ValueError, OverflowError):
            findings.append(not_a_value(pointer, known[name].label))
    if findings:
        raise Invalid(findings)
    return given


def _row(record: Mapping[str, Any], child: str, index: int | None) -> Mapping[str, Any]:
    rows = record.get(child) or []
    if index is not None and 0 <= index < len(rows):
        found: Mapping[str, Any] = rows[index]
        return found
    message = text(
        f"该表达式在子表“{child}”的一行上计算，请给出行号 row（从 0 起）。",
        f"This expression is computed on a row of '{child}'; give the index of a row, from 0.",
    )
    raise Invalid([error("row_needed", "/row", message)])
