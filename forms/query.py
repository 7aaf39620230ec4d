"""What the columns of one statement share: forms, parameters, whose rights count, and the joins made so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from sqlglot import exp

from engine.definitions.app import CompiledApp, split_key
from engine.expressions import Params
from engine.permissions.compiled import UNLIMITED, CompiledGrant, GrantSet
from engine.storage.database import DialectName
from forms.compiled import Form
from forms.reach import forms_in_reach
from forms.system_forms import SYSTEM_FORMS

GrantsOf = Callable[[str], GrantSet]
Sought = Literal["no", "listed", "joined"]
"""Whether a statement looks for rows: through a list of what refers to them, or as the database joins both."""


def unlimited(_form: str) -> GrantSet:
    """Full rights on every form."""
    return UNLIMITED


@dataclass(slots=True)
class Joins:
    """The LEFT JOINs of one query, one per reference of each row."""

    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    clauses: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)


@dataclass(slots=True)
class Query:
    """What all columns of one statement share."""

    forms: Mapping[str, Form]
    dialect: DialectName
    params: Params
    grants_of: GrantsOf = unlimited
    names: Iterator[int] = field(default_factory=lambda: count(1))
    rows: dict[tuple[str, CompiledGrant, bool], exp.Expr] = field(default_factory=dict)
    others: Mapping[str, CompiledApp] = field(default_factory=dict)
    app: str = ""
    root: Params | None = None

    def alias(self) -> str:
        return f"t{next(self.names)}"

    def freed(self) -> Query:
        """The same statement, read with the app's own rights."""
        return replace(self, grants_of=unlimited)

    def at(self, form: Form | None) -> Query:
        """The same statement where it reads a form: what stands in one of another app means what it does there."""
        app = form.app if form is not None and form.app in self.others else ""
        if form is None or app == self.app:
            return self
        if not app:
            return replace(self, params=self.root or self.params, app="")
        root, other = self.root or self.params, self.others[app]
        return replace(self, params=root.inside(app, other.zone, other.calendars), app=app, root=root)

    def named(self, form: str) -> str:
        """The key of a form that an expression names, which knows those of its own app alone."""
        if not self.app or form in SYSTEM_FORMS:
            return form
        app, inner = split_key(form)
        if not app:
            return f"{self.app}.{form}"
        return form if form in self.forms else inner


def query_of(app: CompiledApp, dialect: DialectName, grants_of: GrantsOf = unlimited) -> Query:
    """A statement over the forms in reach; without `grants_of` with full rights."""
    return Query(forms_in_reach(app), dialect, Params(dialect), grants_of=grants_of, others=app.others)
