"""The job `rule_due`: the moment of a time rule has come for one record."""

from __future__ import annotations

from datetime import datetime

from engine.definitions.app import CompiledApp
from engine.ids import new_id
from engine.jobs import Job
from engine.protocols import JobHandler, Record
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.environment import environment
from forms.records import RecordNotFound, load
from rules import repository
from rules.compiled import Rule
from rules.firing import Firing, fire
from rules.repository import Due, Run
from rules.runs import matched
from rules.timers import FIRED, IDLE, is_late, rest, settle, wanted


class RuleDue(JobHandler):
    """Payload: `app`, `rule`, `form`, `record`, `due`, `depth`. The record is locked before the due row."""

    type = "rule_due"

    def run(self, work: UnitOfWork, job: Job) -> None:
        given = job.payload
        app = work.app(given["app"])
        rule: Rule | None = app.kind("rule").get(given["rule"])
        record = _locked(work, app, given["form"], given["record"])
        row = repository.due_rows(work, app.key, given["record"]).get(given["rule"])
        if row is None or row.job != job.id:
            return  # the timer was moved meanwhile; its successor stands
        if rule is None or rule.timer is None or record is None:
            repository.drop_due(work, row)
            return
        work.depth = int(given["depth"])
        due = datetime.fromisoformat(given["due"])
        look(work, app, rule, row, record, due, patient=job.attempts < self.attempts)


def _locked(work: UnitOfWork, app: CompiledApp, form: str, record: str) -> Record | None:
    try:
        return load(work, compiled_form(app, form), record, lock=True)
    except RecordNotFound:
        return None


def look(
    work: UnitOfWork, app: CompiledApp, rule: Rule, row: Due, record: Record, due: datetime, *, patient: bool
) -> None:
    """Fire, unless the moment moved, the condition is false, or this occurrence was answered before.

    Raises RecordLocked when a flow holds a record to be written and `patient` says to come again.
    """
    env = environment(work, app)
    moment = wanted(rule, record, env)
    if moment is None or (moment.occurrence, moment.due) != (row.occurrence, row.due_at):
        settle(work, app, row.record, record, [rule], env)
    elif repository.has_fired(work, app.key, rule.key, row.record, row.occurrence):
        rest(work, row, FIRED)
    elif not rule.holds(record, env):
        rest(work, row, IDLE)
    else:
        rest(work, row, FIRED)
        run = _run(work, app, rule, row, record, due)
        fire(Firing(work, app, rule, run, record, env, base=due, patient=patient))
        repository.add_runs(work, [run])


def _run(work: UnitOfWork, app: CompiledApp, rule: Rule, row: Due, record: Record, due: datetime) -> Run:
    return Run(
        id=new_id(),
        app=app.key,
        rule=rule.key,
        form=rule.form,
        record=row.record,
        occurrence=row.occurrence,
        state="done",
        at=work.now,
        version=app.version,
        cause=work.cause,
        depth=work.depth,
        due_at=row.due_at,
        late=is_late(due, work.now),
        matched=matched(rule, record),
    )
