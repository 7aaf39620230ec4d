"""The long part of a publish, done piece by piece while people work with the version before.

Room is made at once; then a job lets each kind of definition do a piece per transaction. When nothing long is
left, what changed meanwhile is caught up with writers kept out, and the version is flipped.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from engine.connect.notifications import Notice, notify
from engine.definitions import abroad, neighbours, repository, under_way
from engine.definitions.app import CompiledApp
from engine.definitions.check import kinds
from engine.definitions.overtaken import PublishOvertaken
from engine.definitions.publish import checked_version, flip
from engine.definitions.under_way import RUNNING, Publishing, PublishingEnded
from engine.identity.principal import SYSTEM
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork

KEPT = "versions under way"
PAUSE = timedelta(seconds=2)
"""Until somebody looks again after another process that does what only one can do."""


class PublishAhead(JobHandler):
    """One piece of the long work, or the flip when all pieces are done."""

    type = "publish_ahead"

    def reach(self, runtime: Runtime, job: Job) -> None:
        with runtime.reading(SYSTEM) as work:
            entry = under_way.find(work, job.payload["app"], job.payload["id"])
        if entry.state == RUNNING:
            for kind in kinds(runtime.registries):
                if (state := entry.progress.get(kind.type)) is not None and not state.get("done"):
                    kind.go_outside(runtime, state)

    def run(self, work: UnitOfWork, job: Job) -> None:
        entry = under_way.find(work, job.payload["app"], job.payload["id"])
        if entry.state != RUNNING:
            return
        before, after = _versions(work, entry)
        with work.as_system("engine"):
            if all(state.get("done") for state in entry.progress.values()):
                # in a transaction of its own: writers hold the lock that it takes and wait for rows of a piece
                _flip(work, entry, before, after)
                return
            _piece(work, entry, before, after)
            waits = any(state.get("waits") for state in entry.progress.values())
            enqueue(work, self.type, job.payload, due=work.now + PAUSE if waits else None, app=entry.app)

    def failed(self, work: UnitOfWork, job: Job, error: str) -> None:
        if under_way.end(work, job.payload["id"], "failed", error=error[:2000]):
            entry = under_way.find(work, job.payload["app"], job.payload["id"])
            _tell(work, entry, "发布未能完成 / publishing failed", error[:500])


def _piece(work: UnitOfWork, entry: Publishing, before: CompiledApp, after: CompiledApp) -> None:
    for kind in kinds(work.runtime.registries):
        state = entry.progress.get(kind.type)
        if state is not None and not state.get("done"):
            entry.progress[kind.type] = kind.go_ahead(work, before, after, state)
    under_way.move(work, entry.id, progress=entry.progress)


def _versions(work: UnitOfWork, entry: Publishing) -> tuple[CompiledApp, CompiledApp]:
    before = work.runtime.version(work, entry.app, entry.before)
    kept: dict[str, CompiledApp] = work.runtime.services.setdefault(KEPT, {})
    after = kept.get(entry.id)
    if after is None:
        checked = checked_version(work, before, entry.documents, entry.layout, tuple(entry.force))
        if checked.app is None:
            raise PublishOvertaken([each for each in checked.findings if each.level == "error"])
        kept.clear()
        after = kept[entry.id] = checked.app
    return before, after


def _flip(work: UnitOfWork, entry: Publishing, before: CompiledApp, after: CompiledApp) -> None:
    work.runtime.lock_publishing(work)
    entry = under_way.find(work, entry.app, entry.id, hold=True)
    if entry.state != RUNNING:
        return  # cancelled while this waited for writers
    if neighbours.standing(work, entry.documents) != entry.beside:
        before, after = _beside_others_now(work, entry)
    for kind in kinds(work.runtime.registries):
        if (state := entry.progress.get(kind.type)) is not None:
            entry.progress[kind.type] = kind.go_ahead(work, before, after, {**state, "last": True})
    under_way.move(work, entry.id, progress=entry.progress)
    flip(work, before, after, entry.documents, entry.note)
    repository.drop_drafted(work, entry.app, entry.documents)
    under_way.end(work, entry.id, "done", version=after.version)
    title = f"已发布版本 {after.version} / version {after.version} is published"
    _tell(work, entry, title, entry.note or "")
    work.after_commit(partial(work.runtime.services.setdefault(KEPT, {}).pop, entry.id, None))


def _beside_others_now(work: UnitOfWork, entry: Publishing) -> tuple[CompiledApp, CompiledApp]:
    """Both versions beside other apps as they are by now. Raises PublishOvertaken when that does not fit."""
    before, force = work.runtime.version(work, entry.app, entry.before), tuple(entry.force)
    checked = checked_version(work, before, entry.documents, entry.layout, force)
    found = list(checked.findings)
    if checked.app is not None:
        found += abroad.consequences(work, before, checked.app, entry.documents, force)
    # when it began there was no error; one that was forced and is gone by itself is none now
    wrong = [each for each in found if each.level == "error" and each.code != "nothing_to_force"]
    if checked.app is None or wrong:
        raise PublishOvertaken(wrong)
    return before, checked.app


def _tell(work: UnitOfWork, entry: Publishing, title: str, body: str) -> None:
    notify(work, [Notice(entry.asked_by, title, body, entry.app, source=f"publish_ahead:{entry.id}")])


def cancel(work: UnitOfWork, app: str, identifier: str) -> None:
    """Stop a publish that is under way; what was prepared for it stays unused.

    Raises PublishingNotFound, PublishingEnded.
    """
    entry = under_way.find(work, app, identifier)
    if under_way.end(work, entry.id, "cancelled"):
        return
    state = under_way.find(work, app, identifier).state
    if state != "cancelled":
        raise PublishingEnded(details={"state": state})
