"""The definition kind of reference data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.plan import Impact, Step
from engine.findings import text
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork
from forms.reference_data.check import compile_data
from forms.reference_data.load import changed_rows, load
from forms.reference_data.rows import DataSet
from forms.reference_data.schema import DataDocument


class DataKind(DefinitionKind):
    """The last kind: its rows are saved as any record is, with flows and rules of the new version."""

    type = "data"
    folder = "data"
    rank = 90
    Model = DataDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(compile_data(documents, context))

    def plan(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Impact:
        """One step per form whose rows are new, different or no longer named."""
        old: Mapping[str, DataSet] = before.kind("data") if before else {}
        known = {row.node for each in old.values() for row in each.rows}
        counts: dict[str, list[int]] = {}
        for row in changed_rows(before, after):
            counts.setdefault(row.form, [0, 0])[row.node in known] += 1
        steps = [_brought(form, new, other) for form, (new, other) in counts.items()]
        named = {row.node for each in after.kind("data").values() for row in each.rows}
        left: dict[str, int] = {}
        for form, _ in known - named:
            left[form] = left.get(form, 0) + 1
        return Impact([*steps, *(_left(form, count) for form, count in sorted(left.items()))])

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        load(work, before, after)


def _brought(form: str, new: int, changed: int) -> Step:
    message = text(
        f"“{form}”的基础数据：新增 {new} 行，修改 {changed} 行。",
        f"Reference data of '{form}': {new} rows are new, {changed} change.",
    )
    return Step("bring_rows", "safe", f"/data/{form}/rows", message, rows=new + changed)


def _left(form: str, count: int) -> Step:
    message = text(
        f"“{form}”的 {count} 行基础数据不再随应用携带，记录保留。",
        f"{count} rows of '{form}' no longer come with the app; their records stay.",
    )
    return Step("leave_rows", "warn", f"/data/{form}/rows", message, rows=count)
