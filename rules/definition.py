"""The definition kind `rule`: checks and compiles all rules together, arms their timers at publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.findings import text
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork
from rules import repository
from rules.compile import compile_rule, condition_place
from rules.compiled import Rule
from rules.jobs.arm import arm
from rules.loops import warn_of_loops
from rules.schema import RuleDocument

WITHDRAWN = {
    "code": "rule_withdrawn",
    "message": text("规则已停用或删除。", "The rule was switched off or removed."),
}


class RuleKind(DefinitionKind):
    """Rules see forms, roles, scopes and flows, which compile before them."""

    type = "rule"
    folder = "rules"
    rank = 60
    Model = RuleDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        compiled = {key: compile_rule(document, context) for key, document in documents.items()}
        ready = {key: rule for key, rule in compiled.items() if rule is not None}
        if not context.failed:
            warn_of_loops(ready, documents, context)
        return dict(ready)

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """`condition` is that of the rule, `cancel` ends a waiting sequence."""
        form = context.compiled.get("form", {}).get(str(document.get("form") or asked.get("form")))
        name = asked.get("place")
        if form is None or name not in {"condition", "cancel"}:
            return None
        return condition_place(document, form, context, cancel=name == "cancel")

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        old: Mapping[str, Rule] = before.kind("rule") if before is not None else {}
        new: Mapping[str, Rule] = after.kind("rule")
        for key, rule in old.items():
            if rule.timer is not None and (key not in new or new[key].timer is None):
                repository.drop_due_of_rule(work, after.key, key)
            if rule.waits and (key not in new or not new[key].waits):
                repository.cancel_sequences_of_rule(work, after.key, key, WITHDRAWN)
        for key, rule in new.items():
            changed = key not in old or old[key].fingerprint != rule.fingerprint
            if rule.timer is not None and changed:
                arm(work, after, rule)
