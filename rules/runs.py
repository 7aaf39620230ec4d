"""Run records: which rule fired on which record, why, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden, Invalid, NotFound
from engine.findings import error, text
from engine.ids import new_id
from engine.permissions.granting import grants_for
from engine.protocols import RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form, compiled_form
from forms.shape import PART
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
        matched=matched(change.app, rule, record),
    )


def matched(app: CompiledApp, rule: Rule, record: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the condition read, as JSON."""
    form = compiled_form(app, rule.form)
    read = form.once(("read by rule", rule.key), lambda: _read_by(rule, form))
    return {shown: kept_of(record[name]) for name, shown, kept_of in read}


def _read_by(rule: Rule, form: Form) -> list[tuple[str, str, Callable[[Any], Any]]]:
    """The fields that the condition reads: key, name, and how a value is kept."""
    read = ((name, form.find(name)) for name in rule.reads)
    return [(name, name.replace(PART, "."), field.codec.kept_of) for name, field in read if field is not None]


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
