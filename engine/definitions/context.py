"""The state of one check: what is compiled so far, the findings, and how expressions are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from engine.definitions.app import NO_LAYOUT, AppDocument, Layout, split_key
from engine.definitions.modules.composition import Composition
from engine.definitions.places import Place
from engine.definitions.sealed import unsealed
from engine.expressions import CheckedExpression, ExpressionError, Scope, Shape, Type
from engine.expressions import types as t
from engine.expressions.library import library
from engine.expressions.typed import PARENT, RECORD, ROW, Aggregate, Field, Node, Rows, inside, parts
from engine.expressions.working_time import WorkCalendar, named_calendars
from engine.findings import NO_FIX, Finding, Text, has_errors
from engine.identity.principal import ADMIN_ROLE
from engine.registry import Registry
from engine.sealing.ring import KeyRing

BASE_VARIABLES: Mapping[str, Type] = {
    "me": t.ref("user"),
    "my_dept": t.ref("dept"),
    "my_depts": t.list_of(t.ref("dept")),
    "my_roles": t.list_of(t.TEXT),
    "my_subordinates": t.list_of(t.ref("user")),
    "my_team": t.list_of(t.ref("user")),
    "now": t.DATETIME,
    "today": t.DATE,
}


def read_abroad(checked: CheckedExpression, row: Shape | None = None) -> Iterator[str]:
    """What an expression reads in other apps: `hr.employee.name`, of child rows `hr.employee.skills.grade`. `row`
    is the shape of the source row inside `for_each`.
    """
    return _read_abroad(checked.node, {ROW: getattr(row, "place", "")})


def steps_abroad(path: Sequence[str], holders: Sequence[str]) -> Iterator[str]:
    """The steps of a path that are in other apps; `holders` are the forms and child tables that they belong to."""
    for holder, name in zip(holders, path, strict=True):
        if split_key(holder)[0]:
            yield f"{holder}.{name}"


def _read_abroad(node: Node, roots: Mapping[str, str]) -> Iterator[str]:
    """`roots` says to which form or child table a name belongs that begins a path; "" for this app."""
    if isinstance(node, Field):
        yield from steps_abroad(node.path, _holders(node, roots))
    for part in parts(node):
        yield from _read_abroad(part, roots)
    if isinstance(node, Aggregate):
        path, holders = node.rows.path, _holders(node.rows, roots)
        yield from steps_abroad(path, holders)
        rows = f"{holders[-1]}.{path[-1]}" if split_key(holders[-1])[0] else ""
        for part in inside(node):
            yield from _read_abroad(part, {**roots, PARENT: holders[-1], RECORD: node.rows.of or rows})


def _holders(place: Field | Rows, roots: Mapping[str, str]) -> tuple[str, ...]:
    # A variable has no root, but a form for every step.
    return (roots.get(place.root, ""), *place.forms)[-len(place.path) :]


@dataclass(slots=True)
class Context:
    """Shared by all kinds while one app is checked and compiled. `places` are those of all expressions so
    far by JSON pointer, `known` the variables each kind began with. `ring` holds the keys of encrypted values;
    None where an app is only checked. `layout` says where the store keeps things. `abroad` are the forms of
    other apps, and `reads` what expressions read there.
    """

    settings: AppDocument
    registries: Mapping[str, Registry]
    documents: dict[str, dict[str, Any]]
    compiled: dict[str, dict[str, Any]] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    variables: dict[str, Type] = field(default_factory=lambda: dict(BASE_VARIABLES))
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    known: dict[str, dict[str, Type]] = field(default_factory=dict)
    ring: KeyRing | None = None
    layout: Layout = field(default_factory=lambda: NO_LAYOUT)
    composition: Composition = field(default_factory=lambda: Composition({}))
    abroad: dict[str, Any] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)

    def shape(self, form: str) -> Shape | None:
        """The record shape of a form, system forms `user` and `dept` included."""
        return self.shapes.get(form)

    def reachable(self) -> Mapping[str, Any]:
        """The compiled forms that references lead to: the app's own, and those of other apps as `hr.employee`."""
        return {**self.abroad, **self.compiled.get("form", {})}

    def error(self, code: str, pointer: str, message: Text, fix: Text = NO_FIX) -> None:
        """Add a finding that blocks."""
        self.findings.append(Finding("error", code, pointer, message, fix))

    def warn(self, code: str, pointer: str, message: Text, fix: Text = NO_FIX) -> None:
        """Add a finding that does not block."""
        self.findings.append(Finding("warning", code, pointer, message, fix))

    def unknown(self, code: str, pointer: str, name: str, known: Iterable[str], what: Text) -> None:
        """Add `code` for a name that does not exist, with the nearest known one as advice."""
        close = get_close_matches(name, list(known), n=1)
        fix = (
            Text(zh=f"是否想写“{close[0]}”？", en=f"Did you mean '{close[0]}'?")
            if close
            else Text(zh="请使用已定义的名称。", en="Use a name that is defined.")
        )
        message = Text(zh=f"没有名为“{name}”的{what['zh']}。", en=f"There is no {what['en']} named '{name}'.")
        self.error(code, pointer, message, fix)

    @property
    def failed(self) -> bool:
        return has_errors(self.findings)

    def expression(
        self, source: Any, pointer: str, scope: Scope, *, expect: Type | None = None, sql: bool = False
    ) -> CheckedExpression | None:
        """The checked expression, or None after adding what is wrong as a finding.

        With `sql` an expression that cannot be pushed down to SQL is refused by name.
        """
        place = self.places[pointer] = Place(replace(scope, db_only=True) if sql else scope, expect)
        try:
            checked = place.check(source)
            self.reads.update(read_abroad(checked, scope.row))
            return unsealed(checked, place.scope) if place.scope.db_only else checked
        except ExpressionError as wrong:
            self.error(wrong.code, pointer, wrong.message, wrong.suggestion or NO_FIX)
            return None

    @property
    def calendars(self) -> Mapping[str, WorkCalendar]:
        """The working calendars by key, the app's default one also as ""."""
        return named_calendars(self.compiled.get("calendar", {}), self.settings.calendar)

    def scope(self, shape: Shape, **extra: Any) -> Scope:
        """An expression scope over `shape` with this app's shapes and variables."""
        variables = {**self.variables, **extra.pop("variables", {})}
        added = self.registries["function"].values() if "function" in self.registries else ()
        roles = (*self.documents.get("role", {}), ADMIN_ROLE)
        known = {"functions": library(added), "roles": roles, "calendars": self.calendars, **extra}
        return Scope(shape, self.shape, variables, **known)
