"""The job `rule_arm`: timers for the records that exist when a time rule is published."""

from __future__ import annotations

from engine.jobs import Job, enqueue
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.environment import environment
from forms.records import RecordNotFound, load
from rules import repository
from rules.compiled import Rule
from rules.timers import settle

BATCH = 500


class RuleArm(JobHandler):
    """Payload: `app`, `rule`, `fingerprint`, `after`. One batch per transaction, then the next job."""

    type = "rule_arm"

    def run(self, work: UnitOfWork, job: Job) -> None:
        given = job.payload
        app = work.app(given["app"])
        rule: Rule | None = app.kind("rule").get(given["rule"])
        if rule is None or rule.timer is None or rule.fingerprint != given["fingerprint"]:
            return  # a newer version of the rule has its own job
        form = compiled_form(app, rule.form)
        found = repository.record_ids(work, form.table, after=given["after"], limit=BATCH)
        env = environment(work, app)
        for key in found:
            try:
                record = load(work, form, key, lock=True)
            except RecordNotFound:
                continue
            settle(work, app, key, record, [rule], env, arming=True)
        if len(found) == BATCH:
            enqueue(work, self.type, {**given, "after": found[-1]}, app=app.key)
