"""Python source from a checked tree.

Every part becomes a `Code`: guards, each truthy when something is null, and a value that is meaningful when
no guard holds. Strict operators just add up the guards of their operands, so a whole formula tests its
fields once and then computes on plain integers. Nothing of the user's text enters the source: names of
fields are keys proven by the scope, texts and dates are objects of the namespace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.expressions import calendar
from engine.expressions.typed import (
    OLD,
    PARENT,
    RECORD,
    ROW,
    Aggregate,
    Apply,
    Constant,
    Field,
    Node,
    Variable,
)

Evaluate = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Code:
    """A Python expression, valid when none of `guards` is truthy; guards run in order."""

    guards: tuple[str, ...]
    value: str

    @property
    def closed(self) -> str:
        """One expression that gives None for null."""
        return f"(None if {' or '.join(self.guards)} else {self.value})" if self.guards else self.value


@dataclass(slots=True)
class Unit:
    """One compilation: the functions written so far and the objects they refer to."""

    sparse: bool
    namespace: dict[str, Any] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    counter: int = 0

    def fresh(self, letter: str) -> str:
        self.counter += 1
        return f"{letter}{self.counter}"

    def hold(self, value: Any) -> str:
        """The name of an object in the namespace."""
        name = self.fresh("k")
        self.namespace[name] = value
        return name


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the code of parts that see one record: `record` and `parent` are Python expressions."""

    unit: Unit
    record: str = "r"
    parent: str = "e.parent"

    def temporary(self) -> str:
        return self.unit.fresh("t")

    def use(self, function: Callable[..., Any]) -> str:
        """The name under which the generated source calls `function`."""
        self.unit.namespace[function.__name__] = function
        return function.__name__

    def hold(self, value: Any) -> str:
        return self.unit.hold(value)

    def value(self, node: Node) -> str:
        """One expression; None for null."""
        if isinstance(node, Field) and node.root == RECORD and len(node.path) == 1:
            return self.key(self.record, node.path[0])
        if isinstance(node, Apply) and not node.function.strict:
            return node.function.python(node, self)
        if isinstance(node, Aggregate):
            return node.function.python(node, self)
        return self.code(node).closed

    def truth(self, node: Node) -> str:
        """One expression that is truthy exactly when the condition is TRUE."""
        if isinstance(node, Apply):
            shorter = node.function.truth(node, self)
            if shorter is not None:
                return shorter
        if not isinstance(node, Apply) or not node.function.strict:
            return self.value(node)
        code = self.code(node)
        return f"(not ({' or '.join(code.guards)}) and {code.value})" if code.guards else code.value

    def code(self, node: Node) -> Code:
        """Guards and value."""
        if isinstance(node, Constant):
            return self.constant(node)
        if isinstance(node, Field):
            return self.path(node)
        if isinstance(node, Variable):
            return self.guarded(f"e.variables.get({node.name!r})")
        if isinstance(node, Apply) and node.function.strict:
            codes = [self.code(each) for each in node.arguments]
            guards = tuple(guard for code in codes for guard in code.guards)
            value = node.function.python(node, self, *(code.value for code in codes))
            if not node.function.partial:
                return Code(guards, value)
            checked = self.guarded(value)
            return Code((*guards, *checked.guards), checked.value)
        value = self.value(node)
        return self.guarded(value) if self.nullable(node) else Code((), value)

    def guarded(self, value: str) -> Code:
        """A value that may be None, held in a temporary."""
        held = self.temporary()
        return Code((f"({held} := {value}) is None",), held)

    def nullable(self, node: Node) -> bool:
        """Whether the part can be null, as far as the tree tells."""
        if isinstance(node, Constant):
            return node.value is None
        if isinstance(node, Apply):
            return node.function.nullable(*(self.nullable(each) for each in node.arguments))
        return not isinstance(node, Aggregate) or node.function.partial

    def constant(self, node: Constant) -> Code:
        value = node.value
        if value is None:
            return Code(("True",), "None")
        if isinstance(value, int):
            return Code((), f"({value})" if value < 0 else repr(value))
        if isinstance(value, datetime) and value.tzinfo is None:
            return Code((), f"{self.use(calendar.from_local)}({self.hold(value)}, e.tz)")
        return Code((), self.hold(value))

    def key(self, record: str, name: str) -> str:
        """A field of a record that is there; absent keys are null in sparse mode only."""
        return f"{record}.get({name!r})" if self.unit.sparse else f"{record}[{name!r}]"

    def path(self, node: Field) -> Code:
        """A field, references followed hop by hop."""
        guards, record = self.root(node)
        if node.root.startswith("$"):
            steps = tuple(zip(node.forms[1:], node.path, strict=False))
        else:
            steps = tuple(zip(node.forms, node.path, strict=False))
        read = (
            self.key(record, node.path[0])
            if record in {self.record, self.parent}
            else self.get(record, node.path[0])
        )
        for (form, _), following in zip(steps, node.path[1:], strict=True):
            held = self.guarded(read)
            target = self.guarded(f"e.follow({form!r}, {held.value})")
            guards = (*guards, *held.guards, *target.guards)
            read = self.get(target.value, following)
        last = self.guarded(read)
        return Code((*guards, *last.guards), last.value)

    def get(self, record: str, name: str) -> str:
        return f"{record}.get({name!r})"

    def root(self, node: Field) -> tuple[tuple[str, ...], str]:
        """Guards and the record a path starts from."""
        if node.root == RECORD:
            return (), self.record
        if node.root.startswith("$"):
            held = self.guarded(f"e.variables.get({node.root[1:]!r})")
            target = self.guarded(f"e.follow({node.forms[0]!r}, {held.value})")
            return (*held.guards, *target.guards), target.value
        found = self.guarded(self.base(node.root))
        return found.guards, found.value

    def base(self, root: str) -> str:
        """The record at a root, possibly None."""
        return {RECORD: self.record, PARENT: self.parent, OLD: "e.old", ROW: "e.row"}[root]

    def add_function(self, parameters: str, body: list[str]) -> str:
        """A function beside the main one; its name."""
        name = self.unit.fresh("f")
        self.unit.functions.append("\n".join([f"def {name}({parameters}):", *(f" {line}" for line in body)]))
        return name


def python_source(node: Node, *, sparse: bool, holds: bool) -> tuple[str, dict[str, Any]]:
    """The source of `evaluate(r, e)` and the namespace it needs.

    With `holds` it answers only whether a condition is TRUE. Without `sparse` it hands a record that lacks
    a key to `again`.
    """
    unit = Unit(sparse)
    writer = Writer(unit)
    result = f"True if {writer.truth(node)} else False" if holds else writer.value(node)
    if sparse:
        last = ""
    else:
        last = "\n except KeyError:\n  return again(r, e)"
    overflow = f" except OverflowError:\n  return {'False' if holds else 'None'}"
    body = f"def evaluate(r, e=None):\n try:\n  return {result}\n{overflow}{last}"
    return "\n".join([*unit.functions, body]), unit.namespace


def compiled(node: Node, *, holds: bool = False) -> Evaluate:
    """The Python function of a checked tree. Records that lack keys are read as if these were null."""

    def again(record: Any, env: Any) -> Any:
        if not sparse:
            sparse.append(_built(node, {}, sparse=True, holds=holds))
        return sparse[0](record, env)

    sparse: list[Evaluate] = []
    return _built(node, {"again": again}, sparse=False, holds=holds)


def _built(node: Node, extra: dict[str, Any], *, sparse: bool, holds: bool) -> Evaluate:
    source, namespace = python_source(node, sparse=sparse, holds=holds)
    namespace.update(extra)
    exec(compile(source, "<expression>", "exec", dont_inherit=True), namespace)  # noqa: S102 - generated from the tree
    made: Evaluate = namespace["evaluate"]
    return made
