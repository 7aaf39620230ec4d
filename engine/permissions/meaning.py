"""What a condition of a grant says, told so that the conditions of two versions of an app can be compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from engine.expressions import CheckedExpression
from engine.expressions.typed import OLD, PARENT, RECORD, Aggregate, Apply, Constant, Field, Node, Variable
from engine.expressions.types import Type
from engine.expressions.working_time import WorkCalendar
from engine.permissions.compiled import Condition

AND, TODAY = "and", "today"
SCOPE = "$"
BEHIND = ">"
"""Between a form and the form whose records refer to it, where these are what is looked at."""
Said = Hashable
Name = tuple[str, str]
"""A form and a field of it (`lines.cost`), or SCOPE and the key of one."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a form has from the version before: its key then, and by today's name of each of its fields, parts
    and fields of child tables (`amount`, `period__start`, `lines.cost`) the name then. `asked` are the names
    that matter, None for all.
    """

    was: str
    names: Mapping[str, str]
    asked: frozenset[str] | None = None

    def compared(self) -> list[tuple[str, str]]:
        """(name now, name then) of what matters."""
        return [pair for pair in self.names.items() if self.asked is None or pair[0] in self.asked]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a rollup is computed from: the rows `place` (a form, or a child table of one) whose `link` names the
    record. `value` is the place and field that are summed up.
    """

    place: str
    link: str
    agg: str
    value: tuple[str, str] | None
    where: CheckedExpression | None


Made = Callable[[str, str], Said | Gathered]
"""What (form, field) is computed from besides expressions: the source of a rollup; None when it is not."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The zone in which an app reads days, and its working calendars by key, the default one also as ""."""

    zone: str
    calendars: Mapping[str, WorkCalendar]

    def read_by(self, node: Node) -> Said:
        """What of it a part of an expression depends on; None for nothing. That a moment is at hand is enough
        for the zone.
        """
        calendar = None
        zoned = _timed(node.type) or (isinstance(node, Variable) and node.name == TODAY)
        if isinstance(node, Apply):
            zoned = zoned or node.function.volatile or any(_timed(each.type) for each in node.arguments)
            calendar = self.calendars.get(str(node.option)) if node.function.by_calendar else None
        return (self.zone if zoned else None, calendar and _worked(calendar)) if zoned or calendar else None


@dataclass(slots=True)
class Meaning:
    """Tells conditions of one version in the names of the version before. `forms` leads from the keys of this
    version to what they were; a name that was not there before means nothing that was said before.

    `formulas` gives the expression of a computed field, `made` what else it is computed from, or what a backlink
    lists; `scopes` are the app's named sets of records, `clock` is what it reads days by.

    A field or scope is told by name where it is read, and once beside that with what it is made of: so what
    many read is told once, and what leads back to itself comes to an end.
    """

    forms: Mapping[str, Carried]
    formulas: Callable[[str, str], CheckedExpression | None]
    made: Made
    scopes: Mapping[str, tuple[str, CheckedExpression, str | None, str | None]]
    clock: Clock
    known: dict[tuple[int, str], frozenset[Said]] = field(default_factory=dict)
    _made: dict[Name, tuple[Said, tuple[Name, ...]]] = field(default_factory=dict)
    _read: list[Name] = field(default_factory=list)

    def conjuncts(self, form: str, condition: Condition) -> frozenset[Said]:
        """The parts of a condition all of which hold; none of them for every row."""
        if condition is None:
            return frozenset()
        if not isinstance(condition, CheckedExpression):
            return frozenset([repr(condition)])  # no row at all
        key = (id(condition), form)
        if key not in self.known:
            self.known[key] = frozenset(self._whole(each, form) for each in _parts(condition.node))
        return self.known[key]

    def said(self, form: str, expression: CheckedExpression) -> Said:
        """What an expression over a form says."""
        return self._whole(expression.node, form)

    def _whole(self, node: Node, place: str) -> Said:
        """What is said, with all that it reads, and that reads."""
        self._read = []
        said, waiting = self._said(node, place), self._read
        behind: dict[Name, Said] = {}
        while waiting:
            name = waiting.pop()
            if name not in behind:
                behind[name], more = self._behind(name)
                waiting += more
        return said, frozenset(behind.values())

    def _behind(self, name: Name) -> tuple[Said, tuple[Name, ...]]:
        """What a field or scope is made of, and what that reads."""
        if name not in self._made:
            self._read = []
            said = self._defined(name[1]) if name[0] == SCOPE else self._computed(*name)
            self._made[name] = said, tuple(self._read)
        return self._made[name]

    def _said(self, node: Node, place: str) -> Said:
        match node:
            case Constant():
                return "constant", repr(node.value), self.clock.read_by(node)
            case Field():
                return "field", node.root, self._path(node.root, node.path, node.forms, place)
            case Variable():
                return "variable", node.name, self._scope(node.name), self.clock.read_by(node)
            case Apply():
                arguments = tuple(self._said(each, place) for each in node.arguments)
                function = node.function.type, node.function.variant, repr(node.option)
                return function, arguments, self.clock.read_by(node)
            case Aggregate():
                return self._aggregate(node, place)
            case _:
                raise TypeError(f"unknown part {type(node).__name__}")

    def _aggregate(self, node: Aggregate, place: str) -> Said:
        above = (_start(node.rows.root, place), *node.rows.forms)[-1].partition(".")[0]
        row = f"{above}{BEHIND}{node.rows.of}" if node.rows.of else f"{above}.{node.rows.path[-1]}"
        inside = tuple(
            self._said(each, row) if each is not None else None
            for each in (node.value, node.where, node.order)
        )
        rows = self._path(node.rows.root, node.rows.path, node.rows.forms, place)
        if node.rows.of:  # a backlink is what it lists, whatever it is called
            rows = (*rows[:-1], "backlink", self.made(above, node.rows.path[-1]))
        return node.function.type, rows, inside, node.descending

    def _path(self, root: str, path: tuple[str, ...], forms: tuple[str, ...], place: str) -> tuple[Said, ...]:
        places = forms if root.startswith("$") else (_start(root, place), *forms)
        return tuple(
            self._step(places[index], name) if index < len(places) else name
            for index, name in enumerate(path)
        )

    def _step(self, place: str, name: str) -> Said:
        """A field by the name it had."""
        form, _, child = place.partition(".")
        carried = self.forms.get(form)
        whole = f"{child}.{name}" if child else name
        if carried is None or whole not in carried.names:
            return "new", form, whole
        self._read.append((form, whole))
        return carried.was, carried.names[whole]

    def _computed(self, form: str, name: str) -> Said:
        carried = self.forms[form]
        formula, made = self.formulas(form, name), self.made(form, name)
        child = name.rpartition(".")[0]
        place = f"{form}.{child}" if child else form
        computed = self._said(formula.node, place) if formula is not None else None
        if isinstance(made, Gathered):
            made = self._gathered(made)
        return carried.was, carried.names[name], computed, made

    def _gathered(self, rollup: Gathered) -> Said:
        where = self._said(rollup.where.node, rollup.place) if rollup.where is not None else None
        value = self._step(*rollup.value) if rollup.value is not None else None
        return rollup.agg, self._step(rollup.place, rollup.link), value, where

    def _scope(self, name: str) -> Said:
        if name not in self.scopes:
            return None
        self._read.append((SCOPE, name))
        return SCOPE, name

    def _defined(self, name: str) -> Said:
        form, where, descend, ascend = self.scopes[name]
        along = tuple(self._step(form, each) if each else None for each in (descend, ascend))
        return SCOPE, name, self._said(where.node, form), along


def _start(root: str, place: str) -> str:
    """The place that a path begins in: a form, or a child table of one."""
    above, behind, form = place.partition(BEHIND)
    if root in (RECORD, OLD):
        return form if behind else place
    return above.partition(".")[0] if root == PARENT else ""


def _timed(kind: Type) -> bool:
    """Whether values are moments, or lists of them."""
    return kind.kind == "datetime" or (kind.item is not None and kind.item.kind == "datetime")


def _worked(calendar: WorkCalendar) -> Said:
    """What a calendar says, whatever it is called."""
    special = tuple(sorted(calendar.special.items()))
    return calendar.zone.key, calendar.days, calendar.week, special, calendar.always


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Apply) and node.function.type == AND:
        return [part for each in node.arguments for part in _parts(each)]
    return [node]
