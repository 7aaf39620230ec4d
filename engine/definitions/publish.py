"""Publishing: check, plan, and make a version real in one transaction.

What takes time, checking, compiling and counting, needs no lock: `prepare` does it in a transaction that may
only read, and `publish` with what it prepared keeps writers out for the flip alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from engine.changes import operations
from engine.definitions import abroad, entitled, neighbours, repository, under_way
from engine.definitions import pilot as pilots
from engine.definitions.app import NO_LAYOUT, CompiledApp, Documents, Layout
from engine.definitions.canonical import same
from engine.definitions.check import Checked, check_app, kinds
from engine.definitions.forced import check_forced
from engine.definitions.pilot import PilotGroup
from engine.definitions.plan import Step, unapproved
from engine.errors import NotPublishable
from engine.findings import Finding, has_errors
from engine.jobs import enqueue
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: `changed` is False when the documents were already the published ones."""

    app: str
    version: int
    changed: bool
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    job: str | None = None
    """The job that does what takes long; the version is flipped when it is done."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A publish that only waits for its flip: `before` is the version it was compared with (0: none)."""

    key: str
    source: Documents
    force: tuple[str, ...]
    before: int
    app: CompiledApp | None
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    beside: tuple[tuple[str, int], ...] = ()
    """The versions of other apps that it was checked beside."""


def plan(
    work: UnitOfWork, source: Documents, *, force: Sequence[str] = ()
) -> tuple[CompiledApp | None, list[Finding], list[Step]]:
    """The compiled new version, findings and steps of publishing `source`; changes nothing."""
    prepared = prepare(work, source, force=force)
    return prepared.app, list(prepared.findings), list(prepared.steps)


def prepare(work: UnitOfWork, source: Documents, *, force: Sequence[str] = ()) -> Prepared:
    """Check, compile and plan; changes nothing and keeps nobody waiting."""
    key = next(iter(source.get("app", {})), "")
    beside = neighbours.standing(work, source)
    before = _published(work, key)
    number = before.version if before is not None else 0
    checked = checked_version(work, before, source, before.layout if before is not None else NO_LAYOUT, force)
    if checked.app is None:
        return Prepared(key, source, tuple(force), number, None, checked.findings, (), beside)
    layout = _laid_out(work, before, checked.app)
    if layout != checked.app.layout:
        # where things stand is known only now that it is known what they are
        checked = checked_version(work, before, source, layout, force)
    findings, steps = list(checked.findings), list[Step]()
    if checked.app is not None:
        for kind in kinds(work.runtime.registries):
            impact = kind.plan(work, before, checked.app)
            steps += impact.steps
            findings += checked.app.composition.placed(impact.findings)
        findings += abroad.consequences(work, before, checked.app, source, force)
        findings += checked.app.composition.placed(entitled.refusals(work, steps))
    return Prepared(key, source, tuple(force), number, checked.app, tuple(findings), tuple(steps), beside)


def _published(work: UnitOfWork, key: str) -> CompiledApp | None:
    """The head, without the lock that a writer holds on it."""
    version = repository.heads(work.connection).get(key)
    return None if version is None else work.runtime.version(work, key, version)


def checked_version(
    work: UnitOfWork, before: CompiledApp | None, source: Documents, layout: Layout, force: Sequence[str]
) -> Checked:
    """The documents as the version after `before`, checked and compiled."""
    runtime = work.runtime
    version = (before.version if before is not None else 0) + 1
    registries = neighbours.beside(work, source)
    check = partial(_check, work, registries, version, layout)
    checked = check_forced(before, source, check, registries, force=abroad.own_force(force))
    if checked.app is None:
        return checked
    # what is switched off because of another app belongs to it all the same
    named = neighbours.named_apps(source, kinds(runtime.registries))
    return replace(checked, app=runtime.link(work, replace(checked.app, named=named)))


def _check(
    work: UnitOfWork, registries: neighbours.Registries, version: int, layout: Layout, source: Documents
) -> Checked:
    return check_app(source, registries, version=version, ring=work.runtime.ring, layout=layout)


def _laid_out(work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Layout:
    places = {kind.type: kind.lay_out(work, before, after) for kind in kinds(work.runtime.registries)}
    return {kind: place for kind, place in places.items() if place}


def _stored_otherwise(work: UnitOfWork, before: CompiledApp | None, prepared: Prepared) -> bool:
    """Whether what people wrote since decides otherwise on where values are kept: an option that is in use by
    now, or not any more; parked values that are being purged.
    """
    after = prepared.app
    return after is not None and _laid_out(work, before, after) != after.layout


def publish(
    work: UnitOfWork,
    source: Documents,
    *,
    note: str | None = None,
    approve: Sequence[str] = (),
    force: Sequence[str] = (),
    pilot: PilotGroup | None = None,
    prepared: Prepared | None = None,
) -> Published:
    """Publish `source` as the next version of its app.

    `approve` names each destructive step by its pointer. `prepared` saves time when it is of these documents
    and the head, other apps and what is stored still are as they were then. Raises NotPublishable with every
    finding that blocks.
    """
    if prepared is None or not same(prepared.source, source) or prepared.force != tuple(force):
        prepared = prepare(work, source, force=force)
    key = prepared.key
    work.runtime.lock_publishing(work)
    head = repository.heads(work.connection).get(key, 0)
    before = work.runtime.version(work, key, head) if head else None
    pilots.require_none(work, key)
    under_way.require_none(work, key)
    if before is not None and same(before.source, source):
        return Published(key, before.version, False, (), ())
    overtaken = head != prepared.before or neighbours.standing(work, source) != prepared.beside
    if overtaken or _stored_otherwise(work, before, prepared):
        prepared = prepare(work, source, force=force)
    findings = [*prepared.findings, *unapproved(prepared.steps, approve)]
    after = prepared.app
    if after is not None and pilot is not None:
        findings += pilots.refusals(work, before, after, prepared.steps, pilot)
    if after is None or has_errors(findings):
        raise NotPublishable([finding for finding in findings if finding.level == "error"])
    made = Published(key, after.version, True, tuple(findings), prepared.steps)
    for kind in kinds(work.runtime.registries):
        kind.make_room(work, before, after)
    if before is not None and any(step.long for step in prepared.steps):
        return _begin(work, before, after, made, note, prepared)
    if pilot is not None:
        repository.add_version(work, key, after.version, source, note, layout=after.layout, head=False)
        pilots.start(work, key, after.version, pilot)
        _note(work, "pilot_started", made, note)
        work.after_commit(partial(work.runtime.look_again, key))
        return made
    flip(work, before, after, source, note)
    _note(work, "published", made, note)
    return made


def flip(
    work: UnitOfWork, before: CompiledApp | None, after: CompiledApp, source: Documents, note: str | None
) -> None:
    """Make `after` the version that all work with, once there is room for it and writers are kept out."""
    work.apps[after.key] = after
    for kind in kinds(work.runtime.registries):
        kind.publish(work, before, after)
    repository.add_version(work, after.key, after.version, source, note, layout=after.layout)
    work.runtime.expect(after)
    work.after_commit(partial(work.runtime.adopt, after))


def _begin(
    work: UnitOfWork,
    before: CompiledApp,
    after: CompiledApp,
    made: Published,
    note: str | None,
    prepared: Prepared,
) -> Published:
    """Leave what takes long to a job (`engine.definitions.ahead`); the version stays the one before."""
    states = {kind.type: kind.go_ahead(work, before, after, {}) for kind in kinds(work.runtime.registries)}
    job = under_way.add(
        work,
        app=after.key,
        before=before.version,
        documents=prepared.source,
        layout=after.layout,
        beside=prepared.beside,
        note=note,
        force=list(prepared.force),
        steps=[step.as_json() for step in prepared.steps],
        progress={kind: state for kind, state in states.items() if state},
    )
    enqueue(work, "publish_ahead", {"app": after.key, "id": job}, app=after.key)
    _note(work, "publish_begun", made, note)
    return replace(made, version=before.version, changed=False, job=job)


def promote(work: UnitOfWork, app: str) -> Published:
    """Give all people the version that a pilot group tries. Raises NoPilot, NotPublishable."""
    work.runtime.lock_publishing(work)
    head = repository.heads(work.connection).get(app, 0)
    version = pilots.end(work, app)
    before, after = work.runtime.version(work, app, head), work.runtime.version(work, app, version)
    _require_entitled(work, before, after)
    work.apps[app] = after
    for kind in kinds(work.runtime.registries):
        kind.publish(work, before, after)
    done = Published(app, version, True, (), ())
    _note(work, "pilot_promoted", done, None)
    work.after_commit(partial(work.runtime.adopt, after))
    return done


def _require_entitled(work: UnitOfWork, before: CompiledApp, after: CompiledApp) -> None:
    """What gives a few people more rights was published by an administrator; so is what gives them to all."""
    planned = (kind.plan(work, before, after) for kind in kinds(work.runtime.registries))
    refused = entitled.refusals(work, (step for impact in planned for step in impact.steps))
    if refused:
        raise NotPublishable(refused)


def withdraw(work: UnitOfWork, app: str) -> Published:
    """Give the pilot group back what all others work with, as a new version; what its new fields hold is parked.

    Raises NoPilot.
    """
    work.runtime.lock_publishing(work)
    head = repository.heads(work.connection).get(app, 0)
    source = work.runtime.version(work, app, head).source
    version = pilots.end(work, app)
    prepared = prepare(work, source)
    # that gives nobody more than all but the group have
    prepared = replace(prepared, findings=entitled.granted(prepared.findings))
    approve = [step.pointer for step in prepared.steps if step.risk == "destructive"]
    done = publish(work, source, note=f"withdraw pilot {version}", approve=approve, prepared=prepared)
    _note(work, "pilot_withdrawn", done, None)
    return done


def _note(work: UnitOfWork, action: str, done: Published, note: str | None) -> None:
    details = {"version": done.version, "note": note, "steps": [step.pointer for step in done.steps]}
    operations.note(work, action, done.app, app=done.app, details=details)
