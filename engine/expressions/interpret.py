"""A checked tree walked by simpleeval: the second voice in memory, which knows the value of every part.

The tree becomes a Python `ast` of constants, names and calls, and nothing else. Each call is one function of
the language, made from its own Python form with names for operands; how operands are joined, null, `and`,
`or` and `IF` are the interpreter's own, so that it proves the generated code instead of repeating it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from simpleeval import SimpleEval

from engine.expressions import calendar
from engine.expressions.generate import Code, Unit, Writer
from engine.expressions.scope import Env
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

Record = Mapping[str, Any] | None
Leaf = Constant | Field | Variable


@dataclass(frozen=True, slots=True)
class Called:
    """One function on its operands: `run(record, parent, env, *operands)`. Strict: null when one is null."""

    strict: bool
    run: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class PartWriter(Writer):
    """Writes one function: its operands are names, parts further inside are calls of programs of their own."""

    operands: tuple[Node, ...] = ()

    def value(self, node: Node) -> str:
        for index, operand in enumerate(self.operands):
            if operand is node:
                return f"a{index}"
        return f"{self.hold(Program(node).value)}({self.record}, {self.parent}, e)"

    def truth(self, node: Node) -> str:
        return f"({self.value(node)} is True)"

    def prove(self, node: Node) -> str:
        return self.truth(node)

    def code(self, node: Node) -> Code:
        return self.guarded(self.value(node))


class Program:
    """A checked tree as an `ast` with the functions it calls. Immutable: every evaluation is its own Walk."""

    def __init__(self, node: Node) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.calls: dict[str, Called] = {}
        self._of: dict[int, ast.expr] = {}
        self._unit = Unit(sparse=True)
        self._numbers = count(1)
        self.node = node
        self.tree = self._lowered(node)
        self._compile()

    def walk(self, record: Record, parent: Record, env: Env) -> Walk:
        """An evaluation that remembers the value of every part it has reached."""
        return Walk(self, record, parent, env)

    def value(self, record: Record, parent: Record, env: Env) -> Any:
        """The value of the whole tree."""
        return self.walk(record, parent, env).of(self.node)

    def place(self, node: Node) -> ast.expr:
        """Where a part stands in `tree`."""
        return self._of[id(node)]

    def _lowered(self, node: Node) -> ast.expr:
        made = self._shaped(node)
        self._of[id(node)] = made
        return made

    def _shaped(self, node: Node) -> ast.expr:
        if isinstance(node, Constant) and not _is_local(node.value):
            return ast.Constant(node.value)
        if isinstance(node, Constant | Field | Variable):
            return self._leaf(node)
        if isinstance(node, Apply) and node.function.type in _SHAPES:
            return _SHAPES[node.function.type]([self._lowered(each) for each in node.arguments])
        if isinstance(node, Apply | Aggregate):
            return self._call(node)
        raise TypeError(f"unknown part {type(node).__name__}")

    def _leaf(self, node: Leaf) -> ast.expr:
        name = f"leaf{next(self._numbers)}"
        self.leaves[name] = node
        return ast.Name(name)

    def _call(self, node: Apply | Aggregate) -> ast.expr:
        """A call of the node's own function, written to the unit and made by `_compile`."""
        operands = node.arguments if isinstance(node, Apply) else ()
        name = f"part{next(self._numbers)}"
        names = [f"a{index}" for index in range(len(operands))]
        writer = PartWriter(self._unit, "r", "p", operands)
        strict = isinstance(node, Apply) and node.function.strict
        body = node.function.python(node, writer, *names) if strict else node.function.python(node, writer)
        self._unit.functions.append(f"def {name}({', '.join(['r', 'p', 'e', *names])}):\n return {body}")
        self.calls[name] = Called(strict, _nothing)
        return ast.Call(ast.Name(name), [self._lowered(each) for each in operands], [])

    def _compile(self) -> None:
        source, namespace = "\n".join(self._unit.functions), self._unit.namespace
        exec(compile(source, "<parts>", "exec", dont_inherit=True), namespace)  # noqa: S102 - generated from the tree
        self.calls = {name: Called(each.strict, namespace[name]) for name, each in self.calls.items()}


class Walk(SimpleEval):
    """simpleeval locked down to the five kinds of node a Program is made of."""

    def __init__(self, program: Program, record: Record, parent: Record, env: Env) -> None:
        self.program = program
        self.record, self.parent, self.env = record, parent, env
        self.values: dict[ast.expr, Any] = {}
        # Without the base's own: no operators, no functions, no attributes, no subscripts.
        self.operators: dict[Any, Any] = {}
        self.functions: dict[str, Any] = {}
        self.names: dict[str, Any] = {}
        self.allowed_attrs: dict[Any, Any] = {}
        self.nodes = {
            ast.Constant: self._eval_constant,
            ast.Name: self._eval_name,
            ast.Call: self._eval_call,
            ast.IfExp: self._eval_ifexp,
            ast.BoolOp: self._eval_boolop,
        }

    def of(self, node: Node) -> Any:
        """The value of a part; one that was passed over is computed now."""
        place = self.program.place(node)
        return self.values[place] if place in self.values else self._eval(place)

    def _eval(self, node: Any) -> Any:
        self.values[node] = super()._eval(node)  # type: ignore[no-untyped-call]
        return self.values[node]

    def _eval_name(self, node: ast.Name) -> Any:
        leaf = self.program.leaves[node.id]
        if isinstance(leaf, Constant):
            return calendar.from_local(leaf.value, self.env.tz)
        if isinstance(leaf, Variable):
            return self.env.variables.get(leaf.name)
        return self.read(leaf)

    def _eval_call(self, node: Any) -> Any:
        called = self.program.calls[node.func.id]
        operands = [self._eval(each) for each in node.args]
        if called.strict and any(each is None for each in operands):
            return None
        try:
            return called.run(self.record, self.parent, self.env, *operands)
        except OverflowError:
            return None

    def _eval_ifexp(self, node: ast.IfExp) -> Any:
        return self._eval(node.body if self._eval(node.test) is True else node.orelse)

    def _eval_boolop(self, node: ast.BoolOp) -> bool | None:
        """Kleene's and, or: what decides ends it, null is unknown."""
        deciding = isinstance(node.op, ast.Or)
        unknown = False
        for each in node.values:
            found = self._eval(each)
            if found is deciding:
                return found is True
            unknown |= found is None
        return None if unknown else not deciding

    def read(self, field: Field) -> Any:
        """A path, followed hop by hop; null when a hop leads nowhere."""
        record, forms = self.start(field)
        for form, name in zip(forms, field.path, strict=False):
            key = record.get(name) if record is not None else None
            record = self.env.follow(form, key) if key is not None else None
        return record.get(field.path[-1]) if record is not None else None

    def start(self, field: Field) -> tuple[Record, tuple[str, ...]]:
        """The record a path starts from, and the forms its hops lead to."""
        if field.root.startswith("$"):
            key = self.env.variables.get(field.root[1:])
            return (self.env.follow(field.forms[0], key) if key is not None else None), field.forms[1:]
        roots = {RECORD: self.record, PARENT: self.parent, OLD: self.env.old, ROW: self.env.row}
        return roots[field.root], field.forms


def _nothing(*operands: Any) -> None:
    """Stands for a function until all of them are compiled together."""


def _is_local(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is None


def _chosen(parts: list[ast.expr]) -> ast.expr:
    """Test, value, test, value, …, value when none holds."""
    *pairs, made = parts
    for test, value in zip(pairs[-2::-2], pairs[::-2], strict=True):
        made = ast.IfExp(test, value, made)
    return made


_SHAPES: dict[str, Callable[[list[ast.expr]], ast.expr]] = {
    "and": lambda parts: ast.BoolOp(ast.And(), parts),
    "or": lambda parts: ast.BoolOp(ast.Or(), parts),
    "IF": _chosen,
    "IFS": _chosen,
}
