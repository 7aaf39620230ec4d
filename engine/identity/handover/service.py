"""Ask for a handover, see how it stands, and take it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, StrictBool

from engine.changes.operations import note
from engine.errors import EngineError, Invalid
from engine.findings import Finding, error, text
from engine.identity import repository as people
from engine.identity.documents import Strict, read_document
from engine.identity.handover import repository
from engine.identity.handover.belonging import Belonging, Place
from engine.identity.handover.repository import Handover, HandoverMoved
from engine.identity.service import get_user, require_admin, unknown, update_user
from engine.ids import new_id
from engine.jobs.repository import enqueue
from engine.storage.unit_of_work import UnitOfWork

JOB = "handover"
SHOWN = 50


class Target(Strict):
    """Who gets what stands in certain places; the first target that fits a thing decides. `to` null: it stays.
    `where` is a filter on records.
    """

    part: str | None = None
    app: str | None = None
    form: str | None = None
    field: str | None = None
    where: str | None = Field(default=None, max_length=4000)
    to: str | None

    def meets(self, place: Place) -> bool:
        """Whether it speaks of this place."""
        said = (self.part, self.app, self.form, self.field)
        return all(mine in {None, its} for mine, its in zip(said, place.address, strict=True))


class HandoverRequest(Strict):
    """`to` gets everything that no target of `targets` names; without it such things stay."""

    to: str | None = None
    targets: Annotated[tuple[Target, ...], Field(max_length=200)] = ()
    deactivate: StrictBool = True


def parts(work: UnitOfWork) -> list[Belonging]:
    """All kinds of what people leave behind, in the order in which they are handed over."""
    kinds = work.runtime.registries["belonging"].values()
    return [kind() for kind in sorted(kinds, key=lambda kind: (kind.rank, kind.type))]


def belongings(work: UnitOfWork, user: str) -> list[Place]:
    """Everything a user would leave behind. Raises Forbidden, NotFound."""
    require_admin(work)
    get_user(work, user)
    with work.as_system(work.source):
        return [place for part in parts(work) for place in part.places(work, user)]


def begin(work: UnitOfWork, user: str, document: Any) -> Handover:
    """Begin a handover; a job does it. With `deactivate` the user is disabled first, so that nothing new comes
    meanwhile. Raises Forbidden, NotFound, Invalid, LastAdministrator, HandoverMoved.
    """
    asked = read_document(HandoverRequest, document)
    places = belongings(work, user)
    findings = list(_findings(work, user, asked, places))
    if findings:
        raise Invalid(findings)
    told = [place for place in places if place.moves and _wanted(asked, place)]
    progress = {
        "places": [place.as_json() for place in told],
        "at": 0,
        "after": "",
        "done": 0,
        "total": sum(place.count for place in told),
        "listed": [place.as_json() for place in places if not place.moves],
    }
    by = work.principal.user
    made = Handover(new_id(), user, by, work.now, "running", asked.model_dump(mode="json"), progress)
    repository.add(work, made)
    if asked.deactivate:
        update_user(work, user, {"active": False})
    note(work, "handover_begun", user, details={"handover": made.id, "to": asked.to})
    go_on(work, made.id)
    return made


def go_on(work: UnitOfWork, handover: str) -> None:
    """Have the next step done."""
    enqueue(work, JOB, {"handover": handover})


def undo(work: UnitOfWork, key: str) -> Handover:
    """Give back everything that was handed over and that nobody changed since; a job does it. The user stays as
    active or disabled as they are. Raises Forbidden, HandoverNotFound, HandoverMoved.
    """
    require_admin(work)
    found = repository.get(work, key, lock=True)
    if found.state not in {"done", "failed"}:
        raise HandoverMoved(details={"state": found.state})
    note(work, "handover_undone", found.user, details={"handover": key})
    made = repository.move(work, found, state="undoing", finished_at=None, error=None)
    go_on(work, made.id)
    return made


def status(work: UnitOfWork, key: str) -> dict[str, Any]:
    """How a handover stands and what came of it. Raises Forbidden, HandoverNotFound."""
    require_admin(work)
    return as_json(work, repository.get(work, key))


def as_json(work: UnitOfWork, found: Handover) -> dict[str, Any]:
    """As people see it: what went where, and what could not."""
    about = {name: getattr(found, name) for name in ("id", "user", "asked_by", "asked_at", "state")}
    refused = repository.items(work, found.id, state="refused", limit=SHOWN)
    kept = repository.items(work, found.id, state="kept", limit=SHOWN)
    return {
        **about,
        "finished_at": found.finished_at,
        "error": found.error,
        "progress": {"done": found.progress["done"], "total": found.progress["total"]},
        "counts": repository.counts(work, found.id),
        "problems": [item_json(each) for each in (*refused, *kept)],
        "listed": found.progress["listed"],
    }


def item_json(item: repository.Item) -> dict[str, Any]:
    """One thing as people see it."""
    said = asdict(item)
    return {key: said[key] for key in ("part", "app", "form", "thing", "field", "to", "state", "why")}


def target_of(asked: HandoverRequest, place: Place) -> Iterator[tuple[str | None, str | None]]:
    """(condition, person) pairs for the things of a place, the first that fits decides."""
    for target in asked.targets:
        if target.meets(place):
            yield target.where, target.to
    yield None, asked.to


def _wanted(asked: HandoverRequest, place: Place) -> bool:
    return any(to is not None for _, to in target_of(asked, place))


def _findings(work: UnitOfWork, user: str, asked: HandoverRequest, places: list[Place]) -> Iterator[Finding]:
    named = [("/to", asked.to), *((f"/targets/{i}/to", each.to) for i, each in enumerate(asked.targets))]
    for pointer, to in named:
        row = people.user_by_id(work, to) if to is not None else None
        if to == user:
            message = text("不能交接给本人。", "They cannot hand over to themselves.")
            yield error("same_person", pointer, message)
        elif to is not None and (row is None or not row["active"]):
            yield unknown(pointer, to)
    known = {part.type: part for part in parts(work)}
    for index, target in enumerate(asked.targets):
        if target.part is not None and target.part not in known:
            yield unknown(f"/targets/{index}/part", target.part)
        elif target.where is not None:
            yield from _wrong_condition(work, known, target, places, f"/targets/{index}/where")


def _wrong_condition(
    work: UnitOfWork, known: dict[str, Belonging], target: Target, places: list[Place], pointer: str
) -> Iterator[Finding]:
    """The condition is tried on every place it is for, so that it fails now and not in the night."""
    for place in places:
        if place.moves and target.meets(place):
            try:
                with work.as_system(work.source):
                    known[place.part].fits(work, place, "", str(target.where))
            except EngineError as wrong:
                finding = wrong.as_finding()
                yield Finding(finding.level, finding.code, pointer, finding.message, finding.fix)
                return
