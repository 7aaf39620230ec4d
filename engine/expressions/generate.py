"""Python source from a checked tree.

Every part becomes a `Code`: guards, each truthy when something is null, and a value that is meaningful when
no guard holds. Strict operators just add up the guards of their operands, so a whole formula tests its
fields once and then computes on plain integers. What a guard or a condition has proven is known to all that
runs after it: a part that occurs again is the temporary that holds it. Nothing of the user's text enters the source: names of
fields are keys proven by the scope, texts and dates are objects of the namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.expressions import calendar
from engine.expressions.repeats import Marks, repeated
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
    """One compilation: the functions written so far, the objects they refer to, the parts that occur again."""

    sparse: bool
    repeats: Marks = field(default_factory=dict)
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
    """Writes the code of parts that see one record: `record` and `parent` are Python expressions.

    `known` are the temporaries that hold something and not null wherever the next code of this writer runs.
    `code` and `prove` add to them, so what follows must run only when no guard held, the condition was TRUE;
    write alternatives with a `fork`. `value` and `truth` promise nothing and need no such care.
    """

    unit: Unit
    record: str = "r"
    parent: str = "e.parent"
    known: dict[Hashable, str] = field(default_factory=dict, init=False)

    def fork(self) -> Writer:
        """A writer that knows the same and learns for itself."""
        made = replace(self)
        made.known.update(self.known)
        return made

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
        held = self.held(node)
        if held is not None:
            return held
        if isinstance(node, Field) and node.root == RECORD and len(node.path) == 1:
            return self.key(self.record, node.path[0])
        if isinstance(node, Aggregate):
            return node.function.python(node, self)
        if isinstance(node, Apply) and not node.function.strict:
            code = node.function.guarded(node, self.fork())
            return code.closed if code is not None else node.function.python(node, self)
        return self.fork().code(node).closed

    def truth(self, node: Node) -> str:
        """One expression that is truthy exactly when the condition is TRUE."""
        return self.fork().prove(node)

    def prove(self, node: Node) -> str:
        """`truth`, where what is written next runs only when it holds."""
        if isinstance(node, Apply):
            shorter = node.function.truth(node, self)
            if shorter is not None:
                return shorter
        if not isinstance(node, Apply) or not node.function.strict:
            return self.value(node)
        code = self.code(node)
        return f"(not ({' or '.join(code.guards)}) and {code.value})" if code.guards else code.value

    def code(self, node: Node) -> Code:
        """Guards and value; what is written next runs only when no guard held."""
        held = self.held(node)
        if held is not None:
            return Code((), held)
        made = self.written(node)
        mark = self.unit.repeats.get(id(node))
        if mark is None:
            return made
        if not made.value.isidentifier():
            # Never null: the guard is there to keep the value before it is needed.
            kept = self.guarded(made.value)
            made = Code((*made.guards, *kept.guards), kept.value)
        self.known[mark] = made.value
        return made

    def held(self, node: Node) -> str | None:
        """The temporary that holds a part and is not null; None when there is none."""
        return self.known.get(self.unit.repeats.get(id(node)))

    def written(self, node: Node) -> Code:
        """Guards and value of a part that no temporary holds yet."""
        if isinstance(node, Constant):
            return self.constant(node)
        if isinstance(node, Field):
            return self.path(node)
        if isinstance(node, Variable):
            return self.guarded(f"e.variables.get({node.name!r})")
        codes = []
        if isinstance(node, Apply) and node.function.strict:
            codes = [self.code(each) for each in node.arguments]
        guards = tuple(guard for code in codes for guard in code.guards)
        made = self.applied(node, *(code.value for code in codes))
        return Code((*guards, *made.guards), made.value)

    def applied(self, node: Node, *arguments: str) -> Code:
        """A function on operands that are not null, or one that writes its operands itself."""
        if not isinstance(node, Apply):
            value = self.value(node)
            return self.guarded(value) if self.nullable(node) else Code((), value)
        function = node.function
        code = function.guarded(node, self, *arguments)
        if code is not None:
            return code
        value = function.python(node, self, *arguments)
        may_fail = function.partial if function.strict else self.nullable(node)
        return self.guarded(value) if may_fail else Code((), value)

    def null_together(self, cause: Node, effect: Node) -> bool:
        """Whether `effect` is surely null whenever `cause` is."""
        mark = self.unit.repeats.get(id(cause))
        if mark is not None and mark in self._nullers(effect):
            return True
        if isinstance(cause, Apply) and cause.function.strict and not cause.function.partial:
            return all(self.null_together(each, effect) for each in cause.arguments)
        return isinstance(cause, Constant) and cause.value is not None

    def _nullers(self, node: Node) -> Iterator[int]:
        """The repeated parts that make `node` null when they are."""
        mark = self.unit.repeats.get(id(node))
        if mark is not None:
            yield mark
        if isinstance(node, Apply) and node.function.strict:
            for each in node.arguments:
                yield from self._nullers(each)

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
        for index, (form, _) in enumerate(steps):
            place = (node.root, node.path[: index + 1])
            target = self.known.get(place)
            if target is None:
                held = self.guarded(read)
                followed = self.guarded(f"e.follow({form!r}, {held.value})")
                guards = (*guards, *held.guards, *followed.guards)
                target = self.known[place] = followed.value
            read = self.get(target, node.path[index + 1])
        last = self.guarded(read)
        return Code((*guards, *last.guards), last.value)

    def get(self, record: str, name: str) -> str:
        return f"{record}.get({name!r})"

    def root(self, node: Field) -> tuple[tuple[str, ...], str]:
        """Guards and the record a path starts from."""
        if node.root == RECORD:
            return (), self.record
        if node.root in self.known:
            return (), self.known[node.root]
        guards: tuple[str, ...] = ()
        base = node.root.removeprefix("$")
        if base == node.root:
            found = self.guarded(self.base(base))
        else:
            held = self.guarded(f"e.variables.get({base!r})")
            guards = held.guards
            found = self.guarded(f"e.follow({node.forms[0]!r}, {held.value})")
        self.known[node.root] = found.value
        return (*guards, *found.guards), found.value

    def base(self, root: str) -> str:
        """The record at a root, possibly None."""
        return {RECORD: self.record, PARENT: self.parent, OLD: "e.old", ROW: "e.row"}[root]

    def add_function(self, parameters: str, body: list[str]) -> str:
        """A function beside the main one; its name. Its parts are written by a writer of its own: `replace`."""
        name = self.unit.fresh("f")
        self.unit.functions.append("\n".join([f"def {name}({parameters}):", *(f" {line}" for line in body)]))
        return name


def python_source(node: Node, *, sparse: bool, holds: bool) -> tuple[str, dict[str, Any]]:
    """The source of `evaluate(r, e)` and the namespace it needs.

    With `holds` it answers only whether a condition is TRUE. Without `sparse` it hands a record that lacks
    a key to `again`.
    """
    unit = Unit(sparse, repeated(node))
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
