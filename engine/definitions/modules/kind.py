"""The definition kind `module`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.modules.schema import MODULE, ModuleDocument, Parts
from engine.definitions.plan import Impact, Risk, Step
from engine.findings import text
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork


class ModuleKind(DefinitionKind):
    """Modules are put together with the app before any other kind is looked at (`compose`): what they bring is
    checked, compiled and stored as if it stood in the app.
    """

    type = MODULE
    folder = "modules"
    rank = 99
    Model = ModuleDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(documents)

    def plan(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Impact:
        was: Mapping[str, ModuleDocument] = before.kind(MODULE) if before is not None else {}
        return Impact(list(_steps(was, after.kind(MODULE))))


def _steps(before: Mapping[str, ModuleDocument], after: Mapping[str, ModuleDocument]) -> Iterator[Step]:
    for key in sorted({**before, **after}):
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            yield _step("add_module", "safe", new, "加入", "is added")
        elif new is None and old is not None:
            yield _step("remove_module", "warn", old, "移除", "is removed with all that it brought")
        elif old is not None and new is not None and old != new:
            yield _step("change_module", "safe", new, "更改", "changes")


def _step(action: str, risk: Risk, module: ModuleDocument, zh: str, en: str) -> Step:
    counts = (_count(module.add), _count(module.extend))
    version = f" {module.version}" if module.version else ""
    message = text(
        f"{zh}模块“{module.label.zh}”{version}：新增定义 {counts[0]} 个，扩展定义 {counts[1]} 个。",
        f"The module '{module.label.en}'{version} {en}: {counts[0]} documents of its own, "
        f"{counts[1]} that it adds to.",
    )
    return Step(action, risk, f"/modules/{module.key}", message)


def _count(parts: Parts) -> int:
    return sum(map(len, parts.values()))
