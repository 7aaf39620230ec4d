"""Who is told about a save."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.protocols import ChangeListener, RecordChange
from engine.storage.unit_of_work import UnitOfWork

LISTENING = "who listens to new records"


def listening(work: UnitOfWork, change: RecordChange) -> tuple[ChangeListener, ...]:
    """The listeners of a save; new records are not told to those that they do not concern."""
    if change.op != "create":
        return work.runtime.listeners
    return listening_to_new(work, change.app, change.form)


def listening_to_new(work: UnitOfWork, app: CompiledApp, form: str) -> tuple[ChangeListener, ...]:
    """The listeners that new records of a form concern."""
    listeners = work.runtime.listeners
    known: dict[str, tuple[ChangeListener, ...]]
    of, known = app.memory.get(LISTENING, ((), {}))
    if of is not listeners:
        of, known = app.memory[LISTENING] = (listeners, {})
    found = known.get(form)
    if found is None:
        found = known[form] = tuple(each for each in listeners if each.concerns(app, form))
    return found
