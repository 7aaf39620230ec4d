"""What of a record may be printed for a reader: shown, masked or hidden, along references too.

An expression prints only when the reader may see everything it reads; a masked field prints its mask when
it stands alone. The record itself needs a grant to view it and one to print it, and a field is as visible
as the stricter of both shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from engine.errors import Forbidden
from engine.expressions.typed import PARENT
from engine.permissions.compiled import NOTHING, CompiledGrant, GrantSet
from forms.access import Access
from forms.compiled import ChildTable, Field, Form
from forms.reach import forms_in_reach
from forms.records import RecordNotFound, follow
from forms.system_forms import PRIVATE, SYSTEM_FORMS

Held = tuple[CompiledGrant, ...] | None
"""Grants that have a row; None: all rights."""
Path = tuple[str, ...]


class Level(IntEnum):
    """How much of a value a reader sees."""

    HIDDEN = 0
    MASKED = 1
    SHOWN = 2


@dataclass(frozen=True, slots=True)
class Sight:
    """How much, and of a masked value the field whose mask counts."""

    level: Level
    field: Field | None = None


SHOWN, HIDDEN = Sight(Level.SHOWN), Sight(Level.HIDDEN)


@dataclass(frozen=True, slots=True)
class At:
    """A record, or with `child` a row of it, and the grants by which it is read: a field shows when every
    one of these sets shows it.
    """

    form: Form
    record: Mapping[str, Any]
    held: tuple[Held, ...]
    child: ChildTable | None = None
    row: Mapping[str, Any] | None = None

    def of_row(self, child: ChildTable, row: Mapping[str, Any]) -> At:
        """A row of this record."""
        return At(self.form, self.record, self.held, child, row)

    def level(self, name: str) -> Level:
        """How much the reader sees of a field of the record or row, or of a child table."""
        full = f"{self.child.key}.{name}" if self.child is not None else name
        return min((_level(held, full) for held in self.held), default=Level.SHOWN)


def _level(held: Held, name: str) -> Level:
    if held is None or any(grant.shows(name) for grant in held):
        return Level.SHOWN
    return Level.MASKED if any(grant.masks(name) for grant in held) else Level.HIDDEN


@dataclass(slots=True)
class Eyes:
    """The sight of who acts, with what was looked up once."""

    access: Access
    known: dict[tuple[str, str], Held] = field(default_factory=dict)

    def at(self, form: Form, record: str) -> At:
        """The record to be printed. Raises RecordNotFound, Forbidden."""
        access = self.access
        viewing = self._holding(form, access.readable(form.key, record), record)
        found = follow(access.work, access.app, form.key, record) if viewing != () else None
        if found is None:
            raise RecordNotFound()
        printing = self._holding(form, access.demand(form.key, "print"), record)
        if printing == ():
            raise Forbidden()
        return At(form, found, (viewing, printing))

    def reaches(self, form: str, record: str) -> At | None:
        """A record behind a reference as the reader sees it; None when they may not, or it is gone."""
        held = self._held(form, record)
        found = follow(self.access.work, self.access.app, form, record) if held != () else None
        return None if found is None else At(forms_in_reach(self.access.app)[form], found, (held,))

    def sees(self, path: Path, at: At) -> Sight:
        """How much of the value at a path of names the reader sees."""
        if path[0] == PARENT and at.child is not None:
            return self.sees(path[1:], At(at.form, at.record, at.held))
        if path[0].startswith("$"):
            return self._of_variable(path)
        if at.child is None and path[0] in at.form.children:
            return self._in_rows(at.form.children[path[0]], path[1:], at)
        if at.child is None and path[0] in at.form.referring:
            return self._referring(at, path)
        found = (at.child or at.form).find(path[0])
        own = at.level(path[0])
        if found is None or own is Level.HIDDEN:
            return HIDDEN
        if found.source == "lookup":
            own_sight = Sight(own, found)
            return _least((own_sight, self.sees(tuple(found.kind.options.path.split(".")), at)))
        if len(path) == 1:
            return Sight(own, found)
        if own is not Level.SHOWN:
            return HIDDEN
        row = at.record if at.row is None else at.row
        return self._behind(found, row.get(path[0]), path[1:])

    def _behind(self, link: Field, key: Any, rest: Path) -> Sight:
        target = str(link.value_type.form)
        if not isinstance(key, str):
            return SHOWN  # nothing is referred to, so nothing shows
        if target in SYSTEM_FORMS:
            return HIDDEN if rest[0] in PRIVATE and not self.access.work.principal.is_admin else SHOWN
        at = self.reaches(target, key)
        return HIDDEN if at is None else self.sees(rest, at)

    def _in_rows(self, child: ChildTable, rest: Path, at: At) -> Sight:
        if at.level(child.key) is not Level.SHOWN:
            return HIDDEN
        if not rest:
            return SHOWN
        rows = at.record[child.key] if len(rest) > 1 or _looks_up(child, rest[0]) else ()
        own = At(at.form, at.record, at.held, child).level(rest[0])
        seen = [self.sees(rest, at.of_row(child, row)) for row in rows]
        return _least((Sight(own, child.find(rest[0])), *seen))

    def _referring(self, at: At, path: Path) -> Sight:
        """What records that refer here say together is for who may see all of them, by this reference."""
        link = at.form.referring[path[0]]
        seen = self.access.seen(link.form)
        names = (link.link, *path[1:2])
        whole = seen.every_row and all(seen.always_shows(name) for name in names)
        near = len(path) <= 2 or self.access.work.principal.is_admin
        return SHOWN if whole and near and at.level(path[0]) is Level.SHOWN else HIDDEN

    def _of_variable(self, path: Path) -> Sight:
        """`$me.email` and the like: people see of themselves what they see of others."""
        private = any(name in PRIVATE for name in path[1:])
        return HIDDEN if private and not self.access.work.principal.is_admin else SHOWN

    def _held(self, form: str, record: str) -> Held:
        key = (form, record)
        if key not in self.known:
            there, inner = self.access.home(form)
            found = there.app.kind("form").get(inner)
            grants = there.readable(inner, record) if found is not None else NOTHING
            self.known[key] = () if found is None else there.holding(found, grants, record, write=False)
        return self.known[key]

    def _holding(self, form: Form, grants: GrantSet, record: str) -> Held:
        return self.access.holding(form, grants, record, write=False)


def _looks_up(child: ChildTable, name: str) -> bool:
    found = child.find(name)
    return found is not None and found.source == "lookup"


def _least(sights: Iterable[Sight]) -> Sight:
    return min(sights, key=lambda each: each.level)
