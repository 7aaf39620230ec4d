"""Reports as documents of an app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.definitions.context import Context
from engine.findings import under
from engine.protocols import DefinitionKind
from reports.plan import Settings, plan
from reports.planned import ReportPlan
from reports.schema import Report
from reports.sources import Sources


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
        sources = Sources(context.shape, context.compiled.get("form", {}))
        settings = Settings(
            tz=context.settings.tz,
            week_start=context.settings.week_start,  # type: ignore[arg-type]
            variables=context.variables,
            aggregates={kind.type: kind for kind in context.registries["measure"].values()},
        )
        compiled: dict[str, Any] = {}
        for key, document in documents.items():
            planned = plan(document, sources, settings)
            context.findings.extend(under(f"/reports/{key}", planned.findings))
            if planned.plan is not None:
                compiled[key] = CompiledReport(document, planned.plan)
        return compiled
