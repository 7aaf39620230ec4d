"""AND OR NOT after Kleene, and choosing between values: IF IFS COALESCE ISBLANK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from engine.expressions.coerce import together
from engine.expressions.function import Example, Function
from engine.expressions.generate import Code
from engine.expressions.parameters import any_argument, condition_argument
from engine.expressions.sql import build as b
from engine.expressions.typed import Constant, Field, Node
from engine.expressions.types import BOOL, NULL
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_CONDITION = condition_argument("condition")


def condition(site: Site, index: int) -> Node:
    """Argument `index`, proven to be a condition."""
    return site.fitting(site.trees[index], _CONDITION)


class _Connective(Function):
    """`deciding` is the operand value that settles the result."""

    strict = False
    result = BOOL
    parameters = (condition_argument("condition", repeated=True),)
    deciding: ClassVar[bool]
    word: ClassVar[str]

    def check(self, site: Site) -> Node:
        return site.apply(BOOL, site.declared())

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = [writer.value(each) for each in node.arguments]
        if not any(writer.nullable(each) for each in node.arguments):
            return f"({f' {self.word} '.join(values)})"
        held = [writer.temporary() for _ in values]
        settled = " or ".join(f"({h} := {v}) is {self.deciding}" for h, v in zip(held, values, strict=True))
        nullable = (h for h, each in zip(held, node.arguments, strict=True) if writer.nullable(each))
        unknown = " or ".join(f"{h} is None" for h in nullable)
        return f"({self.deciding} if {settled} else None if {unknown} else {not self.deciding})"


class And(_Connective):
    type = "and"
    word = "and"
    deciding = False
    doc = text("全部成立。", "All hold.")
    examples = (Example("AND(1 < 2, 2 < 3)", "true"),)

    def truth(self, node: Any, writer: Writer) -> str | None:
        return f"({' and '.join(writer.prove(each) for each in node.arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return b.all_of(arguments)


class Or(_Connective):
    type = "or"
    word = "or"
    deciding = True
    doc = text("任一成立。", "Any holds.")
    examples = (Example("OR(1 > 2, 2 < 3)", "true"),)

    def truth(self, node: Any, writer: Writer) -> str | None:
        return f"({' or '.join(writer.truth(each) for each in node.arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return b.any_of(arguments)


class Not(Function):
    type = "not"
    result = BOOL
    parameters = (condition_argument("condition"),)
    doc = text("不成立。", "Does not hold.")
    examples = (Example("NOT(1 > 2)", "true"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"(not {arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return b.negation(arguments[0])


class If(Function):
    type = "IF"
    strict = False
    parameters = (_CONDITION, any_argument("then"), any_argument("else", optional=True))
    doc = text(
        "条件成立取前者，否则取后者（可省略）。", "The first value when the condition holds, else the second."
    )
    examples = (Example('IF(2 > 1, "yes", "no")', "yes"), Example("IF(1 > 2, 5)", "null"))

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        values = [site.checks.node(tree) for tree in site.trees[1:]]
        if len(values) < 2:
            values.append(Constant(NULL, None, span=site.span))
        kind, values = together(values)
        return site.apply(kind, [condition(site, 0), *values])

    def nullable(self, *arguments: bool) -> bool:
        return any(arguments[1:])

    def branches(self, node: Any) -> frozenset[int] | None:
        return frozenset((1, 2))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        test, then, otherwise = node.arguments
        held = writer.fork()
        holds = held.prove(test)
        return f"({held.value(then)} if {holds} else {writer.value(otherwise)})"

    def guarded(self, node: Any, writer: Writer, *arguments: str) -> Code | None:
        """A test that reads no more than the last value, as in `IF(a * b > 10, …, a * b)`: null makes all null."""
        test, then, otherwise = node.arguments
        if not writer.null_together(test, otherwise):
            return None
        code = writer.code(test)
        chosen, other = writer.fork().code(then), writer.fork().code(otherwise)
        value = f"({chosen.closed} if {code.value} else {other.closed})"
        if not chosen.guards and not other.guards:
            return Code(code.guards, value)
        made = writer.guarded(value)
        return Code((*code.guards, *made.guards), made.value)

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        test, then, otherwise = arguments
        return b.case((test, then), otherwise=otherwise)


class Ifs(Function):
    """Condition, value, condition, value, …; an odd last argument is the value when none holds."""

    type = "IFS"
    strict = False
    parameters = (_CONDITION, any_argument("value"), any_argument("…", optional=True, repeated=True))
    doc = text(
        "第一个成立的条件所对应的值；最后可加默认值。",
        "The value after the first condition that holds; a last lone value is the default.",
    )
    examples = (Example('IFS(1 > 2, "a", 2 > 1, "b", "c")', "b"),)

    def check(self, site: Site) -> Node:
        site.count(2, None)
        pairs = len(site.trees) // 2
        tests = [condition(site, 2 * index) for index in range(pairs)]
        values = [site.checks.node(site.trees[2 * index + 1]) for index in range(pairs)]
        odd = len(site.trees) % 2
        values.append(site.checks.node(site.trees[-1]) if odd else Constant(NULL, None, span=site.span))
        kind, values = together(values)
        arguments = [part for pair in zip(tests, values, strict=False) for part in pair]
        return site.apply(kind, [*arguments, values[-1]])

    def nullable(self, *arguments: bool) -> bool:
        return any(arguments[1::2]) or arguments[-1]

    def branches(self, node: Any) -> frozenset[int] | None:
        last = len(node.arguments) - 1
        return frozenset((*range(1, last, 2), last))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        *pairs, last = node.arguments
        made = ""
        for test, value in zip(pairs[::2], pairs[1::2], strict=True):
            held = writer.fork()
            holds = held.prove(test)
            made += f"{held.value(value)} if {holds} else "
        return f"({made}{writer.value(last)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        *pairs, last = arguments
        return b.case(*zip(pairs[::2], pairs[1::2], strict=True), otherwise=last)


class Coalesce(Function):
    type = "COALESCE"
    strict = False
    parameters = (any_argument("value", repeated=True),)
    doc = text("第一个非空的值。", "The first value that is not null.")
    examples = (Example("COALESCE(null, 5)", "5"),)

    def check(self, site: Site) -> Node:
        kind, values = together(site.declared())
        return site.apply(kind, values)

    def nullable(self, *arguments: bool) -> bool:
        return all(arguments)

    def branches(self, node: Any) -> frozenset[int] | None:
        return frozenset(range(len(node.arguments)))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        *heads, last = node.arguments
        made = ""
        for each in heads:
            held = writer.temporary()
            made += f"{held} if ({held} := {writer.value(each)}) is not None else "
        return f"({made}{writer.value(last)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return b.call("COALESCE", *arguments) if len(arguments) > 1 else arguments[0]


class IsBlank(Function):
    """An empty text and an empty set of choices are blank too."""

    type = "ISBLANK"
    strict = False
    result = BOOL
    parameters = (any_argument("value"),)
    doc = text("是否为空。", "Whether there is no value.")
    examples = (Example('ISBLANK("")', "true"), Example("ISBLANK(0)", "false"))

    def nullable(self, *arguments: bool) -> bool:
        return False

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        (value,) = node.arguments
        if value.type.textual or value.type.kind == "choices":
            return f"(not {writer.value(value)})"
        return f"(({writer.temporary()} := {writer.value(value)}) is None)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        (value,) = node.arguments
        blank = b.is_null(arguments[0])
        if value.type.kind == "choices":
            return b.any_of([blank, lower.no_choice(arguments[0])])
        # Stored texts are never empty, so a plain field needs one test, which an index serves.
        if value.type.textual and not isinstance(value, Field):
            return b.binary(exp.EQ, b.call("COALESCE", arguments[0], b.word("")), b.word(""))
        return blank
