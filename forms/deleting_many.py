"""Deleting many records that nothing refers to: what `forms.deletion` does to one, for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.changes import log
from engine.errors import EngineError
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.deletion import mark_deleted
from forms.naming import namings
from forms.records import Held, load_many, pass_lock
from forms.recycle import repository
from forms.recycle.repository import Unit


def delete_unnamed(work: UnitOfWork, form: Form, records: Sequence[str]) -> list[str]:
    """Move records to the recycle bin, each as a unit of its own, in this order: those that no other live record
    names, or only records that went before them. Those that stay, as something names them or a flow holds them,
    are returned; ids that name nothing are passed over. Raises what listeners raise, with some records written.
    """
    held = load_many(work, form, sorted(set(records)), lock="remove")
    log.hold(work, held)
    left = [each for each in records if each in held and _let_go(work, held[each])]
    units: list[Unit] = []
    while left:
        named = _named(work, form, left)
        going = [each for each in left if each not in named]
        if not going:
            break
        for record in going:
            work.breathe()
            mark_deleted(work, work.app(form.app), form, held[record][0])
            units.append(Unit(form.app, record, records=[(form.key, record)]))
        left = [each for each in left if each in named]
    repository.keep_all(work, units)
    gone = {unit.root for unit in units}
    return [each for each in records if each in held and each not in gone]


def _let_go(work: UnitOfWork, held: Held) -> bool:
    """Whether no flow holds a record against who deletes it."""
    before, instance, editors = held
    try:
        pass_lock(work, instance, editors, before, {"deleted_at": work.now})
    except EngineError:
        return False
    return True


def _named(work: UnitOfWork, form: Form, records: Iterable[str]) -> set[str]:
    """Those of the records that live records name."""
    asked = set(records)
    return {named for naming in namings(work, form) for named, _ in naming.users(work, asked)}
