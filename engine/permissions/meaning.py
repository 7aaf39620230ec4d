"""What a condition of a grant says, told so that the conditions of two versions of an app can be compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from engine.expressions import CheckedExpression
from engine.expressions.typed import OLD, PARENT, RECORD, Aggregate, Apply, Constant, Field, Node, Variable
from engine.permissions.compiled import Condition

AND = "and"
BEHIND = ">"
"""Between a form and the form whose records refer to it, where these are what is looked at."""
Said = Hashable


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


Made = Callable[[str, str], Said]
"""What (form, field) is computed from besides expressions: the source of a rollup; None when it is not."""


@dataclass(slots=True)
class Meaning:
    """Tells conditions of one version in the names of the version before. `forms` leads from the keys of this
    version to what they were; a name that was not there before means nothing that was said before.

    `formulas` gives the expression of a computed field, `made` what else it is computed from, or what a backlink
    lists; `scopes` are the app's named sets of records.
    """

    forms: Mapping[str, Carried]
    formulas: Callable[[str, str], CheckedExpression | None]
    made: Made
    scopes: Mapping[str, tuple[str, CheckedExpression, str | None, str | None]]
    known: dict[tuple[int, str], frozenset[Said]] = field(default_factory=dict)
    _within: list[tuple[str, str]] = field(default_factory=list)

    def conjuncts(self, form: str, condition: Condition) -> frozenset[Said]:
        """The parts of a condition all of which hold; none of them for every row."""
        if condition is None:
            return frozenset()
        if not isinstance(condition, CheckedExpression):
            return frozenset([repr(condition)])  # no row at all
        key = (id(condition), form)
        if key not in self.known:
            self.known[key] = frozenset(self._said(each, form) for each in _parts(condition.node))
        return self.known[key]

    def said(self, form: str, expression: CheckedExpression) -> Said:
        """What an expression over a form says."""
        return self._said(expression.node, form)

    def _said(self, node: Node, place: str) -> Said:
        match node:
            case Constant():
                return "constant", repr(node.value)
            case Field():
                return "field", node.root, self._path(node.root, node.path, node.forms, place)
            case Variable():
                return "variable", node.name, self._scope(node.name)
            case Apply():
                arguments = tuple(self._said(each, place) for each in node.arguments)
                return node.function.type, node.function.variant, repr(node.option), arguments
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
        """A field by the name it had, with what it is computed from."""
        form, _, child = place.partition(".")
        carried = self.forms.get(form)
        whole = f"{child}.{name}" if child else name
        if carried is None or whole not in carried.names:
            return "new", form, whole
        if (form, whole) in self._within:
            return carried.was, carried.names[whole]
        self._within.append((form, whole))
        formula = self.formulas(form, whole)
        computed = self._said(formula.node, place) if formula is not None else None
        self._within.pop()
        return carried.was, carried.names[whole], computed, self.made(form, whole)

    def _scope(self, name: str) -> Said:
        scope = self.scopes.get(name)
        if scope is None or ("$", name) in self._within:
            return None
        form, where, descend, ascend = scope
        self._within.append(("$", name))
        along = tuple(self._step(form, each) if each else None for each in (descend, ascend))
        said = self._said(where.node, form), along
        self._within.pop()
        return said


def _start(root: str, place: str) -> str:
    """The place that a path begins in: a form, or a child table of one."""
    above, behind, form = place.partition(BEHIND)
    if root in (RECORD, OLD):
        return form if behind else place
    return above.partition(".")[0] if root == PARENT else ""


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Apply) and node.function.type == AND:
        return [part for each in node.arguments for part in _parts(each)]
    return [node]
