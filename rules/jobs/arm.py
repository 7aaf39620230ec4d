"""The job `rule_arm`: timers for the records that exist when a time rule is published."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.jobs import Job, cancel, enqueue
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.environment import environment
from forms.records import RecordNotFound, load
from rules import repository
from rules.compiled import Rule
from rules.timers import settle

BATCH = 500


def arm(work: UnitOfWork, app: CompiledApp, rule: Rule, *, from_now: bool = False) -> None:
    """Have the timers of a rule set for all records there are; `from_now` lets what is past rest."""
    published = f"rule_arm:{app.key}:{rule.key}:{app.version}"
    if from_now:
        cancel(work, unique=published)
    payload = {"app": app.key, "rule": rule.key, "fingerprint": rule.fingerprint, "after": ""}
    enqueue(
        work,
        RuleArm.type,
        {**payload, "from_now": from_now},
        unique=None if from_now else published,
        app=app.key,
    )


def arm_from_now(work: UnitOfWork, app: CompiledApp) -> None:
    """Set the timers of all time rules anew, after records were brought in with rules off."""
    for rule in app.kind("rule").values():
        if rule.timer is not None:
            arm(work, app, rule, from_now=True)


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
            settle(work, app, key, record, [rule], env, arming=True, from_now=given["from_now"])
        if len(found) == BATCH:
            enqueue(work, self.type, {**given, "after": found[-1]}, app=app.key)
