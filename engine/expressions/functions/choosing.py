"""Choosing by a value, by an odd number of conditions, by failure: SWITCH XOR IFERROR."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from engine.expressions.coerce import together
from engine.expressions.function import Example, Function
from engine.expressions.functions.comparison import comparable, refuse_null
from engine.expressions.parameters import any_argument, condition_argument
from engine.expressions.sql import build as b
from engine.expressions.typed import Constant, Field, Node, Variable, parts
from engine.expressions.types import BOOL, NULL
from engine.findings import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class Switch(Function):
    """Arguments once checked: value, key, result, key, result, …, default. A null value or key matches nothing."""

    type = "SWITCH"
    strict = False
    parameters = (
        any_argument("value"),
        any_argument("key"),
        any_argument("result"),
        any_argument("…", optional=True, repeated=True),
    )
    doc = text(
        "与值相等的第一个键所对应的结果；最后可加默认值，值为空时取默认值。",
        "The result after the first key equal to the value; a last lone one is the default, also for null.",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example('SWITCH(2, 1, "low", 2, "high", "none")', "high"),
        Example('SWITCH("x", "a", 1, "b", 2)', "null"),
    )

    def check(self, site: Site) -> Node:
        site.count(3, None)
        count = (len(site.trees) - 1) // 2
        refuse_null((site.trees[0], *site.trees[1 : 2 * count : 2]), self.type)
        keys = [site.checks.node(tree) for tree in site.trees[1 : 2 * count : 2]]
        value, *keys = comparable([site.checks.node(site.trees[0]), *keys], ordered=False)
        results = [site.checks.node(tree) for tree in site.trees[2 : 2 * count + 1 : 2]]
        default = len(site.trees) == 2 * count + 2
        results.append(site.checks.node(site.trees[-1]) if default else Constant(NULL, None, span=site.span))
        kind, results = together(results)
        pairs = [part for pair in zip(keys, results, strict=False) for part in pair]
        return site.apply(kind, [value, *pairs, results[-1]])

    def nullable(self, *arguments: bool) -> bool:
        return any(arguments[2::2]) or arguments[-1]

    def branches(self, node: Any) -> frozenset[int] | None:
        last = len(node.arguments) - 1
        return frozenset((*range(2, last, 2), last))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        value, *pairs, default = node.arguments
        held = writer.temporary()
        first, made = f"({held} := {writer.value(value)})", ""
        for key, result in zip(pairs[::2], pairs[1::2], strict=True):
            test = f"{first} == {writer.value(key)}"
            if writer.nullable(key) and writer.nullable(value):
                test = f"{first} is not None and {held} == {writer.value(key)}"
            made += f"{writer.value(result)} if {test} else "
            first = held
        return f"({made}{writer.value(default)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        value, *pairs, default = arguments
        made = b.case(*zip(pairs[::2], pairs[1::2], strict=True), otherwise=default)
        made.set("this", b.operand(value))
        return made

    def duckdb(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        # DuckDB turns the short CASE into comparisons, each with its copy of the value.
        return lower.let(arguments[0], lambda x: self.sql(node, lower, x, *arguments[1:]))


class Xor(Function):
    type = "XOR"
    result = BOOL
    parameters = (
        condition_argument("condition"),
        condition_argument("condition"),
        replace(condition_argument("…", repeated=True), optional=True),
    )
    doc = text("成立的条件是否为奇数个。", "Whether an odd number of the conditions hold.")
    examples = (Example("XOR(1 < 2, 3 < 2)", "true"), Example("XOR(true, true, true)", "true"))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        made, *others = arguments
        for each in others:
            made = f"({made} != {each})"
        return made

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        made, *others = arguments
        for each in others:
            made = b.binary(exp.NEQ, made, each)
        return made


class IfError(Function):
    """A failure is a null that no field or variable accounts for: a division by zero, a number out of range.

    Arguments once checked: the value, the other value, then every field and variable that the value reads.
    A null that comes with a missing field stays null, because COALESCE is the word for that.
    """

    type = "IFERROR"
    strict = False
    parameters = (any_argument("value"), any_argument("otherwise"))
    doc = text(
        "算不出时（除以零、超出范围、没有这一天）取后者；因字段为空而为空时仍为空。",
        "The second value where the first fails although all that it reads is filled in: division by zero, "
        "out of range, no such day. With a field missing it stays null.",
    )
    examples = (
        Example("IFERROR(1 / 0, -1)", "-1.000000"),
        Example("IFERROR(6 / 4, -1)", "1.500000"),
        Example('IFERROR(DATE(2026, 2, 30), "2026-03-01")', "2026-03-01"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        kind, (value, otherwise) = together(site.declared())
        return site.apply(kind, [value, otherwise, *dict.fromkeys(_read(value))])

    def nullable(self, *arguments: bool) -> bool:
        value, otherwise, *read = arguments
        return value and (otherwise or any(read))

    def branches(self, node: Any) -> frozenset[int] | None:
        return frozenset((0, 1))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        value, otherwise, *read = node.arguments
        held = writer.temporary()
        made = f"{held} if ({held} := {writer.value(value)}) is not None else "
        if read:
            missing = " or ".join(f"{writer.value(each)} is None" for each in read)
            made += f"None if {missing} else "
        return f"({made}{writer.value(otherwise)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        value, otherwise, *read = arguments
        if read:
            missing = b.any_of([b.is_null(each) for each in read])
            otherwise = b.case((b.negation(missing), otherwise))
        return b.call("COALESCE", value, otherwise)


def _read(node: Node) -> Iterator[Node]:
    """The fields and variables a part reads of its record; rows of child tables are read inside aggregates."""
    if isinstance(node, Field) or (isinstance(node, Variable) and node.type.kind != "list"):
        yield node
    for each in parts(node):
        yield from _read(each)
