"""Running a report for a reader: plan with their rights, compile once, ask the store, write the answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.definitions.app import CompiledApp
from engine.definitions.check import read_model
from engine.errors import Forbidden, Invalid, NotFound
from engine.findings import Finding
from engine.storage.unit_of_work import UnitOfWork
from forms.environment import variables
from forms.reach import forms_in_reach
from reports.access import SEE, Reader
from reports.answer import Answer, answer
from reports.compile import SqlText, compile_report
from reports.params import read_params
from reports.periods import Period
from reports.plan import Settings, plan
from reports.planned import Source
from reports.schema import Report
from reports.store.protocol import ReportStore, StoreQuery
from reports.store.schema import tables_named
from reports.store.tables import ReplicaTable

KEPT = 512
"""Compiled statements kept per version of an app."""


class ReportNotFound(NotFound):
    """The app has no such report, or you may not see what it reads."""

    code = "report_not_found"
    zh = "应用中没有该报表，或您无权查看其数据。"


class ReportInvalid(Invalid):
    """The report cannot be run."""

    code = "invalid"
    zh = "报表无法运行。"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.code = findings[0].code  # type: ignore[misc]
        self.message, self.fix = findings[0].message, findings[0].fix


@dataclass(frozen=True, slots=True)
class Compiled:
    """A report compiled for readers with the same rights."""

    sql: SqlText
    tables: tuple[ReplicaTable, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report with bound parameters, ready for the store; holds no transaction."""

    compiled: Compiled
    query: StoreQuery
    periods: Mapping[str, Period]
    locale: str = "zh"

    def run(self, store: ReportStore, *, min_pos: int | None = None) -> Answer:
        """Ask the store. Raises what `ReportStore.query` raises, TooManyPeriods, TooManyColumns."""
        found = store.query(self.query, min_pos=min_pos)
        groups = self.compiled.sql.groups(found.rows)
        about: dict[str, Any] = {"as_of_pos": found.pos} | ({"stale": True} if found.stale else {})
        return answer(self.compiled.sql.plan, groups, self.periods, locale=self.locale, extra=about)


def prepare(
    work: UnitOfWork, app_key: str, report: str, *, params: Mapping[str, Any], action: str = SEE
) -> Prepared:
    """A published report for who acts in `work`. Raises ReportNotFound, Forbidden, Invalid."""
    app = work.app(app_key)
    found = app.kind("report").get(report)
    if found is None:
        app.require_whole("report", report, explain=work.principal.is_admin)
    if found is None or not _reader(work, app, found.document).may_read(_source(found.document).form):
        raise ReportNotFound()
    return _prepared(work, app, found.document, ("published", report), params, action)


def preview(work: UnitOfWork, app_key: str, document: Any, *, params: Mapping[str, Any]) -> Prepared:
    """A spec that is not saved, for who acts in `work`. Raises ReportInvalid for a bad spec."""
    findings: list[Finding] = []
    spec = read_model(Report, document, "", findings)
    if not isinstance(spec, Report):
        raise ReportInvalid(tuple(findings))
    digest = sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return _prepared(work, work.app(app_key), spec, ("preview", digest), params, SEE)


def list_reports(work: UnitOfWork, app_key: str) -> list[dict[str, Any]]:
    """The reports the reader can run: some row can be theirs, and no field in them is hidden."""
    app = work.app(app_key)
    return [
        _about(key, found.document)
        for key, found in sorted(app.kind("report").items())
        if _can_run(work, app, key, found.document)
    ]


def _can_run(work: UnitOfWork, app: CompiledApp, key: str, document: Report) -> bool:
    reader = _reader(work, app, document)
    if not reader.may_read(reader.source.form):
        return False
    try:
        _compiled(work, app, document, ("published", key), reader)
    except ReportInvalid:
        return False
    return True


def _reader(work: UnitOfWork, app: CompiledApp, document: Report, action: str = SEE) -> Reader:
    return Reader(app, work.principal, _source(document), action)


def _source(document: Report) -> Source:
    form, _, child = document.source.partition(".")
    return Source(form, child or None)


def _about(key: str, document: Report) -> dict[str, Any]:
    written = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    about = {"key": key, "label": written.get("label") or {"zh": key, "en": key}, "from": document.source}
    return about | {name: written[name] for name in ("params", "chart") if written.get(name)}


def _prepared(
    work: UnitOfWork,
    app: CompiledApp,
    spec: Report,
    name: tuple[str, str],
    params: Mapping[str, Any],
    action: str,
) -> Prepared:
    reader = _reader(work, app, spec, action)
    if action != SEE and not reader.may_read(reader.source.form):
        raise Forbidden()
    compiled = _compiled(work, app, spec, name, reader)
    the_plan = compiled.sql.plan
    given = read_params(spec.params, params, now=work.now, zone=compiled.zone, week_start=the_plan.week_start)
    known = variables(work, app, **given.variables)
    bound = compiled.sql.params.bind(known, work.now, app.zone, app.calendars)
    query = StoreQuery(app.key, app.version, compiled.tables, compiled.sql.text, bound)
    return Prepared(compiled, query, given.periods, work.principal.locale)


def _compiled(
    work: UnitOfWork, app: CompiledApp, spec: Report, name: tuple[str, str], reader: Reader
) -> Compiled:
    kept: OrderedDict[Any, Compiled] = app.memory.setdefault("reports", OrderedDict())
    key = (name, reader.key)
    found = kept.get(key)
    if found is None:
        found = kept[key] = _compile(work, app, spec, reader)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return found


def _compile(work: UnitOfWork, app: CompiledApp, spec: Report, reader: Reader) -> Compiled:
    settings = Settings(
        tz=app.settings.tz,
        week_start=app.settings.week_start,  # type: ignore[arg-type]
        variables=app.variables,
        aggregates={kind.type: kind for kind in work.runtime.registries["measure"].values()},
        functions=work.runtime.functions,
        calendars=app.calendars,
    )
    planned = plan(spec, reader.sources(), settings)
    if planned.plan is None:
        raise ReportInvalid(planned.findings)
    forms = forms_in_reach(app)
    sql = compile_report(planned.plan, forms, reader.grants_of, others=app.others)
    return Compiled(sql, tables_named(forms, sql.tables), ZoneInfo(planned.plan.tz))
