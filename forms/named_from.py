"""Where records of other apps name those of this one: they have to be asked before one goes away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definitions import neighbours
from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form

NAMED_FROM = "named from other apps"


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a form of another app, or of its child table `child`, that names records of a form."""

    app: CompiledApp
    form: Form
    child: str | None
    field: Field


def named_from(work: UnitOfWork, form: Form) -> list[Place]:
    """The fields of other apps that name records of a form, in the versions that people work with. Who asks holds
    the lock that keeps other apps from being published meanwhile.
    """
    known: dict[tuple[str, str], list[Place]] = work.memory.setdefault(NAMED_FROM, {})
    key = (form.app, form.key)
    if key not in known:
        known[key] = list(_found(work, form))
    return known[key]


def _found(work: UnitOfWork, form: Form) -> Iterator[Place]:
    target, seen = f"{form.app}.{form.key}", set[tuple[str, str]]()
    for key, version in neighbours.referring(work, form.app):
        app = work.runtime.version(work, key, version)
        for source in app.kind("form").values():
            for child in (None, *source.children):
                row = source.children[child] if child else source
                for field in row.naming:
                    place = (row.table, field.column)
                    if target in field.targets and place not in seen:
                        seen.add(place)
                        yield Place(app, source, child, field)
