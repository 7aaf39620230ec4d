"""Stopping an instance: the submitter withdraws, an administrator cancels."""

from __future__ import annotations

from engine.errors import Forbidden
from engine.identity.narrowing import NarrowToken
from engine.storage.unit_of_work import UnitOfWork
from flows import repository
from flows.drive import Drive, lock_record
from flows.errors import InstanceClosed, InstanceNotFound
from flows.repository import Instance
from flows.state import Cancelled, Event, Withdrawn
from flows.versions import pinned_flow
from flows.views import takes_part
from forms.compiled import compiled_form


def withdraw(work: UnitOfWork, instance_id: str, *, comment: str | None = None) -> Drive:
    """The submitter takes the record back. Raises InstanceNotFound, Forbidden, InstanceClosed, AlreadyDecided."""
    kept = _visible(work, instance_id)
    if kept.submitter != work.principal.user:
        raise Forbidden()
    return _stop(work, kept, "withdrawn", Withdrawn(work.principal.user), comment)


def cancel(work: UnitOfWork, instance_id: str, *, comment: str | None = None) -> Drive:
    """An administrator stops the instance. Raises InstanceNotFound, Forbidden, InstanceClosed."""
    kept = _visible(work, instance_id)
    if not work.principal.is_admin:
        raise Forbidden()
    return _stop(work, kept, "cancelled", Cancelled(work.principal.user), comment)


def _visible(work: UnitOfWork, instance_id: str) -> Instance:
    kept = repository.instance(work, instance_id)
    if kept is None or not takes_part(work, kept):
        raise InstanceNotFound()
    if not work.principal.may(kept.app, kept.form, "update"):
        raise NarrowToken()
    return kept


def _stop(work: UnitOfWork, kept: Instance, kind: str, event: Event, comment: str | None) -> Drive:
    app = work.app(kept.app)
    lock_record(work, compiled_form(app, kept.form), kept.record)
    fresh = repository.instance(work, kept.id, lock=True) or kept
    if not fresh.state.open:
        raise InstanceClosed(details={"status": fresh.status, "outcome": fresh.outcome})
    drive = Drive(work, app, pinned_flow(work, fresh), fresh, work.principal.user)
    drive.log(kind, comment=comment)
    drive.tell(event)
    return drive
