"""The job that hands over, and the one that takes it back: some things at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.connect.notifications import Notice, notify
from engine.errors import EngineError, Invalid
from engine.findings import text
from engine.identity import repository as people
from engine.identity.handover import repository
from engine.identity.handover.belonging import Belonging, Place
from engine.identity.handover.repository import Handover, Item
from engine.identity.handover.service import JOB, HandoverRequest, go_on, parts, target_of
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import principal_of
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork

CHUNK = 100
SOURCE = "handover"


class HandoverJob(JobHandler):
    """One step of a handover. Each thing is tried by itself: what is refused is reported and stays."""

    type = JOB

    def run(self, work: UnitOfWork, job: Job) -> None:
        if advance(work, job.payload["handover"]) in repository.RUNNING:
            go_on(work, job.payload["handover"])

    def failed(self, work: UnitOfWork, job: Job, error: str) -> None:
        found = repository.get(work, job.payload["handover"], lock=True)
        repository.move(work, found, state="failed", finished_at=work.now, error=error[:500])


def advance(work: UnitOfWork, key: str) -> str:
    """Do the next step of a handover; its state after that. Two who do so at once take turns."""
    found = repository.get(work, key, lock=True)
    if found.state in repository.RUNNING:
        work.batch = found.id
        step = _Step(work, found)
        step.undo() if found.state == "undoing" else step.go_on()
    return repository.get(work, key).state


class _Step:
    def __init__(self, work: UnitOfWork, found: Handover) -> None:
        self.work, self.found = work, found
        self.asked = HandoverRequest.model_validate(found.targets)
        self.progress = dict(found.progress)
        self.parts: Mapping[str, Belonging] = {part.type: part for part in parts(work)}

    def go_on(self) -> None:
        """Hand over up to CHUNK things of the place it has come to."""
        places = self.progress["places"]
        if self.progress["at"] >= len(places):
            self._finish("done")
            return
        place = _place(places[self.progress["at"]])
        part = self.parts[place.part]
        with self.work.as_system(SOURCE):
            things = part.things(self.work, place, self.found.user, after=self.progress["after"], limit=CHUNK)
        for thing in things:
            self._hand_over(part, place, thing)
        self.progress["after"] = things[-1] if things else ""
        if len(things) < CHUNK:
            self.progress |= {"at": self.progress["at"] + 1, "after": ""}
        repository.move(self.work, self.found, progress=self.progress)

    def _hand_over(self, part: Belonging, place: Place, thing: str) -> None:
        to = self._taker(part, place, thing)
        number = self.progress["done"]
        self.progress["done"] = number + 1
        if to is None:
            return
        state, before, why = "moved", None, None
        try:
            with self._acting(), self.work.savepoint():
                before = part.move(self.work, place, thing, self.found.user, to)
        except EngineError as refused:
            state, why = "refused", _said(refused)
        item = Item(
            self.found.id,
            number,
            place.part,
            place.app,
            place.form,
            thing,
            place.field,
            to,
            before,
            state,
            why,
        )
        repository.add_item(self.work, item)

    def _taker(self, part: Belonging, place: Place, thing: str) -> str | None:
        for where, to in target_of(self.asked, place):
            with self.work.as_system(SOURCE):
                if where is None or part.fits(self.work, place, thing, where):
                    return to
        return None

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """As the administrator who asked for it: history and timelines name them."""
        by = principal_of(self.work, self.found.asked_by)
        actor: Principal = by if by is not None and by.is_admin else SYSTEM
        with self.work.acting(actor, SOURCE):
            yield

    def undo(self) -> None:
        """Give back up to CHUNK things, the last first."""
        items = repository.last_moved(self.work, self.found.id, limit=CHUNK)
        for item in items:
            self._give_back(item)
        if len(items) < CHUNK:
            self._finish("undone")

    def _give_back(self, item: Item) -> None:
        place = Place(item.part, text("", ""), 0, app=item.app, form=item.form, field=item.field)
        state = "undone"
        why: dict[str, Any] | None = None
        try:
            with self._acting(), self.work.savepoint():
                part = self.parts[item.part]
                if not part.undo(self.work, place, item.thing, self.found.user, item.to, item.before):
                    state = "kept"
        except EngineError as refused:
            state, why = "kept", _said(refused)
        repository.settle_item(self.work, item, state, why)

    def _finish(self, state: str) -> None:
        repository.move(self.work, self.found, state=state, finished_at=self.work.now, progress=self.progress)
        if state == "done":
            notify(self.work, [*self._told()])

    def _told(self) -> Iterator[Notice]:
        """Everybody who got something learns of it."""
        got: dict[str, int] = {}
        for row in repository.counts(self.work, self.found.id):
            if row["state"] == "moved":
                got[row["to"]] = got.get(row["to"], 0) + row["count"]
        left = people.user_by_id(self.work, self.found.user)
        name = left["name"] if left else {"zh": self.found.user, "en": self.found.user}
        for user, count in got.items():
            taker = people.user_by_id(self.work, user)
            if taker is not None and taker["locale"] == "en":
                yield Notice(
                    user, "Handover", f"{count} things of {name['en']} are yours now.", source=SOURCE
                )
            else:
                yield Notice(user, "工作交接", f"{name['zh']} 的 {count} 项工作已交接给您。", source=SOURCE)


def _place(said: Mapping[str, Any]) -> Place:
    return Place(**{**said, "things": tuple(said["things"])})


def _said(refused: EngineError) -> dict[str, Any]:
    findings = [each.as_json() for each in refused.findings] if isinstance(refused, Invalid) else []
    return {"code": refused.code, "message": dict(refused.message), "errors": findings[:5]}
