"""Reports as documents of an app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.definitions.check import read_model
from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.expressions.library import library
from engine.findings import under
from engine.protocols import DefinitionKind
from reports.plan import Settings, plan
from reports.planned import ReportPlan
from reports.schema import Report
from reports.sources import Sources

PLACES: Mapping[str, str] = {
    "filter": "/where",
    "dimension": "/dimensions/-/expr",
    "measure": "/measures/-/expr",
    "measure_filter": "/measures/-/where",
    "derived": "/measures/-/derived",
    "having": "/having",
}


@dataclass(frozen=True, slots=True)
class CompiledReport:
    """A published report: its document, and its plan with full rights."""

    document: Report
    plan: ReportPlan


class ReportKind(DefinitionKind):
    """Proves every report against the forms. Readers get a plan of their own, with their rights."""

    type: ClassVar[str] = "report"
    folder: ClassVar[str] = "reports"
    rank: ClassVar[int] = 70
    Model = Report

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        if context.failed:  # forms that do not compile would only add noise
            return {}
        sources = Sources(context.shape, context.reachable())
        settings = _settings(context)
        compiled: dict[str, Any] = {}
        for key, document in documents.items():
            planned = plan(document, sources, settings)
            context.places |= {f"/reports/{key}{pointer}": place for pointer, place in planned.places.items()}
            context.findings.extend(under(f"/reports/{key}", planned.findings))
            if planned.plan is not None:
                compiled[key] = CompiledReport(document, planned.plan)
        return compiled

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """filter, dimension, measure, measure_filter, derived (of measures) and having."""
        pointer = PLACES.get(str(asked.get("place")))
        source = document.get("from") or asked.get("form")
        if pointer is None or not isinstance(source, str):
            return None
        spec = _readable(document, source)
        sources = Sources(context.shape, context.reachable())
        return None if spec is None else plan(spec, sources, _settings(context)).places.get(pointer)


def _settings(context: Context) -> Settings:
    return Settings(
        tz=context.settings.tz,
        week_start=context.settings.week_start,  # type: ignore[arg-type]
        variables=context.variables,
        aggregates={kind.type: kind for kind in context.registries["measure"].values()},
        functions=library(context.registries["function"].values()),
        calendars=context.calendars,
    )


def _readable(document: Mapping[str, Any], source: str) -> Report | None:
    """The report, or what can be read of one that is still incomplete: its source and parameters."""
    least = {"from": source, "measures": [{"id": "n", "agg": "count"}]}
    for attempt in (document, {**least, "params": document.get("params", {})}, least):
        found = read_model(Report, attempt, "", [])
        if isinstance(found, Report):
            return found
    return None
