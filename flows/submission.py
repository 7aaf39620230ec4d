"""Submitting a record: which flow takes it, who may hand it over, and what would happen."""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.ids import new_id
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from flows import locks, repository
from flows.compiled import CompiledFlow
from flows.drive import Drive
from flows.errors import FlowAlreadyRunning, FlowNotStartable, NotTheOwner
from flows.machine import NEW
from flows.repository import Instance
from flows.state import Submitted
from flows.versions import pinned_flow
from forms import records
from forms.access import Access
from forms.compiled import Form, compiled_form
from forms.environment import environment
from forms.records import RecordNotFound


def submit(
    work: UnitOfWork, app_key: str, form_key: str, record_id: str, *, flow: str | None = None
) -> Drive:
    """Hand a record over: a returned one goes on, another one starts the flow whose condition holds.

    Raises FlowNotStartable, FlowAlreadyRunning, NotTheOwner, Forbidden, RecordNotFound, and what the start
    actions raise.
    """
    app = work.app(app_key)
    form = compiled_form(app, form_key)
    record = records.load(work, form, record_id, lock=True)
    demand_update(work, app, form, record_id)
    drive = _again(work, app, record) or _first(work, app, form, record, flow)
    kept = drive.instance
    if not locks.lock(work, app=app.key, form=form.key, record=record_id, instance=kept.id):
        raise FlowAlreadyRunning()
    drive.log("submitted", data={"flow": kept.flow, "version": kept.version}, number=kept.round)
    drive.tell(Submitted(drive.actor, kept.round))
    return drive


def demand_update(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> None:
    """Who submits must be able to change the record. Raises RecordNotFound, Forbidden."""
    access = Access(work, app)
    if not access.sees(form, record):
        raise RecordNotFound()
    grants = access.demand(form.key, "update")
    if not grants.unlimited and not any(access.flags(form, grants, record, write=True) or []):
        raise Forbidden()


def _again(work: UnitOfWork, app: CompiledApp, record: Record) -> Drive | None:
    """The returned instance of a record, ready to go on. Raises FlowAlreadyRunning."""
    kept = repository.open_instance(work, record["id"])
    if kept is None:
        return None
    if kept.status != "returned":
        raise FlowAlreadyRunning(details={"flow": kept.flow, "instance": kept.id})
    flow = pinned_flow(work, kept)
    _demand_submitter(work, flow, record)
    kept.submitter, kept.round = work.principal.user, kept.state.round + 1
    return Drive(work, app, flow, kept, work.principal.user, known=record)


def _first(work: UnitOfWork, app: CompiledApp, form: Form, record: Record, wanted: str | None) -> Drive:
    flow = _startable(work, app, form, record, wanted)
    _demand_submitter(work, flow, record)
    number = repository.last_round(work, record["id"], flow.key) + 1
    title = record.get(form.title)
    kept = Instance(
        id=new_id(),
        app=app.key,
        form=form.key,
        record=record["id"],
        title=None if title is None else str(title),
        flow=flow.key,
        version=app.version,
        round=number,
        status="running",
        outcome=None,
        submitter=work.principal.user,
        state=NEW,
        rev=1,
        started_at=work.now,
        ended_at=None,
    )
    repository.add_instance(work, kept)
    return Drive(work, app, flow, kept, work.principal.user, known=record)


def _startable(
    work: UnitOfWork, app: CompiledApp, form: Form, record: Record, wanted: str | None
) -> CompiledFlow:
    flows: Iterable[CompiledFlow] = app.kind("flow").values()
    env = environment(work, app, submitter=work.principal.user)
    for flow in flows:
        fits = flow.form == form.key and wanted in {None, flow.key}
        if fits and (flow.when is None or flow.when.holds(record, env)):
            return flow
    _refuse_broken(app, form, wanted)
    raise FlowNotStartable(details={"form": form.key, "flow": wanted})


def _refuse_broken(app: CompiledApp, form: Form, wanted: str | None) -> None:
    """A flow that is switched off is another answer than none. Raises DefinitionBroken."""
    for key, document in app.composition.documents.get("flow", {}).items():
        if document.get("form") == form.key and wanted in {None, key}:
            app.require_whole("flow", key)


def _demand_submitter(work: UnitOfWork, flow: CompiledFlow, record: Record) -> None:
    principal = work.principal
    if flow.start.by == "owner" and record["owner"] != principal.user and not principal.is_admin:
        raise NotTheOwner()
