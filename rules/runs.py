"""Run records: which rule fired on which record, why, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.errors import Forbidden, Invalid, NotFound
from engine.findings import error, text
from engine.ids import new_id
from engine.permissions.granting import grants_for
from engine.protocols import RecordChange
from engine.storage.unit_of_work import UnitOfWork
from rules import repository
from rules.compiled import Rule
from rules.repository import Run

STATES = ("done", "failed", "waiting", "cancelled")


class RuleNotFound(NotFound):
    """The app has no such rule and never ran one."""

    code = "rule_not_found"
    zh = "应用中没有该规则。"


class RunNotFound(NotFound):
    """This rule has no such run."""

    code = "run_not_found"
    zh = "该规则没有这条执行记录。"


def new_run(work: UnitOfWork, change: RecordChange, rule: Rule, record: Mapping[str, Any]) -> Run:
    """The record of a firing by a change of `record`; `occurrence` and `cause` follow once that has its id."""
    return Run(
        id=new_id(),
        app=change.app.key,
        rule=rule.key,
        form=change.form,
        record=change.record,
        occurrence="",
        state="done",
        at=work.now,
        version=change.app.version,
        depth=work.depth,
        matched=matched(rule, record),
    )


def matched(rule: Rule, record: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the condition read, as JSON."""
    return {shown: kept_of(record[name]) for name, shown, kept_of in rule.kept}


def list_runs(
    work: UnitOfWork,
    app: str,
    rule: str,
    *,
    state: str | None = None,
    record: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Runs of a rule, the newest first. Raises AppNotFound, RuleNotFound, Forbidden, Invalid."""
    _demand_right(work, app, rule)
    if state is not None and state not in STATES:
        known = ", ".join(STATES)
        message = text(f"状态应为：{known}。", f"The state is one of {known}.")
        raise Invalid([error("invalid_parameter", "/state", message)])
    documents = work.app(app).documents.get("rule", {})
    found = repository.runs(work, app, rule, state=state, record=record, before=before, limit=limit)
    if not found and rule not in documents and not repository.runs(work, app, rule, limit=1):
        raise RuleNotFound(details={"rule": rule})
    return [asdict(run) for run in found]


def get_run(work: UnitOfWork, app: str, rule: str, identifier: str) -> dict[str, Any]:
    """One run. Raises AppNotFound, Forbidden, RunNotFound."""
    _demand_right(work, app, rule)
    run = repository.run_by_id(work, identifier)
    if run is None or (run.app, run.rule) != (app, rule):
        raise RunNotFound()
    return asdict(run)


def _demand_right(work: UnitOfWork, app: str, rule: str) -> None:
    """Administrators, and whoever may see the history of every record of the rule's form, in full."""
    found = work.app(app)
    if work.principal.is_admin:
        return
    document = found.documents.get("rule", {}).get(rule)
    if document is None or not grants_for(found, work.principal, document.form, "history").unlimited:
        raise Forbidden()
