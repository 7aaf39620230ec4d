"""The job `rule_resume`: the wait inside a rule is over."""

from __future__ import annotations

from engine.jobs import Job
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.environment import environment
from forms.records import RecordNotFound, load
from rules import repository
from rules.sequences import GONE, cancel_run, resume


class RuleResume(JobHandler):
    """Payload: `run`. The record is locked before the run goes on."""

    type = "rule_resume"

    def run(self, work: UnitOfWork, job: Job) -> None:
        waiting = repository.sequence_of_run(work, job.payload["run"])
        if waiting is None or waiting.job != job.id:
            return
        app = work.app(waiting.app)
        try:
            record = load(work, compiled_form(app, waiting.form), waiting.record, lock=True)
        except RecordNotFound:
            cancel_run(work, waiting, "record_deleted", GONE)
            return
        waiting = repository.sequence_of_run(work, job.payload["run"])
        run = repository.run_by_id(work, job.payload["run"])
        if waiting is not None and waiting.job == job.id and run is not None:
            env = environment(work, app)
            resume(work, app, waiting, run, record, env, patient=job.attempts < self.attempts)
