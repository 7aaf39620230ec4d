"""Who is told about a save."""

from __future__ import annotations

from engine.protocols import ChangeListener, RecordChange
from engine.storage.unit_of_work import UnitOfWork

LISTENING = "who listens to new records"


def listening(work: UnitOfWork, change: RecordChange) -> tuple[ChangeListener, ...]:
    """The listeners of a save; new records are not told to those that they do not concern."""
    listeners = work.runtime.listeners
    if change.op != "create":
        return listeners
    known: dict[str, tuple[ChangeListener, ...]]
    of, known = change.app.memory.get(LISTENING, ((), {}))
    if of is not listeners:
        of, known = change.app.memory[LISTENING] = (listeners, {})
    found = known.get(change.form)
    if found is None:
        found = tuple(each for each in listeners if each.concerns(change.app, change.form))
        known[change.form] = found
    return found
