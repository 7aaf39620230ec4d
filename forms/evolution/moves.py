"""Which fields of a record are fields of one of its child tables now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.evolution.in_use import lost_in_use
from forms.evolution.likeness import alike


@dataclass(frozen=True, slots=True)
class Moved:
    """Fields that go into a child table together, each as it was and as it is there: a record with a value in
    one of them gets one row. `fresh`: the version before has no such child table.
    """

    form: Form
    child: str
    was: Form
    row: ChildTable
    fields: tuple[tuple[Field, Field], ...]
    fresh: bool

    @property
    def pointer(self) -> str:
        """Where the child table stands, by keys."""
        return f"/forms/{self.form.key}/fields/{self.child}"


@dataclass(frozen=True, slots=True)
class Unmovable:
    """A field of a child table that cannot hold the values which it says are its own."""

    before: Field
    after: Field
    pointer: str


def moves(
    work: UnitOfWork, before: Mapping[str, Form], after: Mapping[str, Form]
) -> tuple[list[Moved], list[Unmovable]]:
    """The moves between two versions, and what cannot be moved; `before` by the names of `after`.

    A field says `moved_from` with reason when it is new, and the field that it names was there and is not.
    """
    found: list[Moved] = []
    wrong: list[Unmovable] = []
    for key, form in after.items():
        for name, child in form.children.items() if key in before else ():
            was = before[key]
            pairs = _pairs(was, form, child, was.children.get(name))
            fitting = [pair for pair in pairs if _fits(work, was, *pair)]
            if fitting:
                found.append(Moved(form, name, was, child, tuple(fitting), name not in was.children))
            wrong += [
                Unmovable(old, new, f"/forms/{key}/fields/{name}/fields/{new.key}")
                for old, new in pairs
                if (old, new) not in fitting
            ]
    return found, wrong


def _pairs(was: Form, form: Form, child: ChildTable, earlier: ChildTable | None) -> list[tuple[Field, Field]]:
    """A value that was computed is computed where it stands now: there is nothing to move."""
    found = []
    for key, field in child.fields.items():
        said = None if field.system else field.kind.options.moved_from
        old = was.fields.get(said) if said is not None and said not in form.fields else None
        fresh = earlier is None or key not in earlier.fields
        if fresh and old is not None and not old.system and old.stored and not old.derived:
            found.append((old, field))
    return found


def _fits(work: UnitOfWork, was: Form, before: Field, after: Field) -> bool:
    stays = after.stored and not after.derived and alike(before, after)
    return stays and not lost_in_use(work, was, before, after)


def _computes(row: RowKind) -> bool:
    return any(each.derived and each.source != "auto" for each in row.stored())


def recomputed(moved: Sequence[Moved], forms: Mapping[str, Form]) -> set[str]:
    """The forms that compute something out of rows which are made."""
    found = {each.form.key for each in moved if _computes(each.form) or _computes(each.row)}
    tables = {(each.form.key, each.child) for each in moved}
    for key, form in forms.items():
        rollups = (field.rollup for field in form.fields.values() if field.rollup is not None)
        if any((rollup.form, rollup.rows) in tables for rollup in rollups):
            found.add(key)
    return found
