"""From a tree to a checked expression: names, types, conversions, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.expressions.call import Site
from engine.expressions.checked import CheckedExpression
from engine.expressions.coerce import constant, convert
from engine.expressions.errors import Edit, ExpressionError, meant, nearest
from engine.expressions.function import Function, mismatch
from engine.expressions.functions import OPERATORS
from engine.expressions.functions.now import NOW, TODAY
from engine.expressions.habits import FUNCTIONS as ELSEWHERE
from engine.expressions.library import FUNCTIONS
from engine.expressions.limits import prove_limits
from engine.expressions.names import resolve
from engine.expressions.parse import parse
from engine.expressions.scope import Scope
from engine.expressions.tree import Boolean, Call, Items, Name, Null, Number, Operation, Source, Text, Tree
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import BOOL, NULL, TEXT, Type
from engine.expressions.work import prove_work
from engine.findings import text

_OPERATORS: dict[str, Function] = {each.type: each() for each in OPERATORS}
_CONNECTIVES: dict[str, Function] = {word.upper(): _OPERATORS[word] for word in ("and", "or", "not")}
_CLOCK: dict[tuple[str, ...], Function] = {("$now",): NOW, ("$today",): TODAY}


def check(source: Source | Tree, scope: Scope, *, expect: Type | None = None) -> CheckedExpression:
    """The expression, proven against `scope` and ready to run.

    With `expect` the result is converted to that type: numbers are rounded half up to its scale and null
    beyond its digits. Raises ExpressionError.
    """
    if isinstance(source, Tree):
        tree = source
        prove_limits(tree)
    else:
        tree = parse(source)
    node = Checker(scope).node(tree)
    if expect is not None:
        node = convert(node, expect)
    elif node.type.kind == "list":
        raise mismatch(node.span, "列表只能写在 in 之后。", "A list may only stand after in.")
    prove_work(node)
    checked = CheckedExpression(source, tree, node)
    if scope.db_only and not checked.pushable:
        names = ", ".join(checked.not_pushable)
        raise ExpressionError(
            "not_pushable",
            tree.span,
            f"此处在数据库中计算，不能使用：{names}。",
            f"This place runs in the database; {names} cannot be used here.",
            suggestion=text("请先存入公式字段再引用。", "Store the value in a formula field and use that."),
        )
    return checked


@dataclass(frozen=True, slots=True)
class Checker:
    """Types one expression. Inside an aggregate `prefix` is the child table's path, which names may repeat."""

    scope: Scope
    prefix: tuple[str, ...] = ()

    def node(self, tree: Tree) -> Node:
        """The typed form of a part. Raises ExpressionError."""
        match tree:
            case Name():
                return self.name(tree)
            case Operation():
                return self.called(_OPERATORS[tree.operator], tree.operands, tree)
            case Call():
                return self.called(self.function(tree), tree.arguments, tree)
            case Items():
                raise mismatch(tree.span, "列表只能写在 in 之后。", "A list may only stand after in.")
            case _:
                return self.literal(tree)

    def within(self, scope: Scope, prefix: tuple[str, ...]) -> Checker:
        """A checker for the rows of a child table."""
        return Checker(scope, prefix)

    def called(self, function: Function, arguments: tuple[Tree, ...], tree: Tree) -> Node:
        return function.check(Site(function, arguments, tree.span, self))

    def name(self, tree: Name) -> Node:
        clock = _CLOCK.get(tree.parts)
        if clock is not None:
            return Apply(clock.result, clock, (), span=tree.span)
        size = len(self.prefix)
        if size and len(tree.parts) > size and tree.parts[:size] == self.prefix:
            tree = Name(tree.parts[size:], tree.places[size:], span=tree.span)
        try:
            return resolve(tree, self.scope)
        except ExpressionError as wrong:
            raise self.uncalled(tree) or wrong from None

    def uncalled(self, tree: Name) -> ExpressionError | None:
        """The error for a function that is named like a field, `TODAY`; None where the name is no function's."""
        found = self.known.get(tree.parts[0].upper())
        if len(tree.parts) > 1 or tree.parts[0] in self.scope.variables:
            return None
        if found is None or any(not each.optional for each in found.parameters):
            return None
        call = f"{found.type}()"
        return ExpressionError(
            "unknown_field",
            tree.span,
            f"“{tree.parts[0]}”不是字段，是函数。",
            f"'{tree.parts[0]}' is no field but a function.",
            suggestion=meant(call),
            edit=Edit(tree.place(0), call),
        )

    @property
    def known(self) -> Mapping[str, Function]:
        """The functions that may be called by name."""
        return FUNCTIONS if self.scope.functions is None else self.scope.functions

    def function(self, tree: Call) -> Function:
        found = self.known.get(tree.function) or _CONNECTIVES.get(tree.function)
        if found is None:
            raise self.no_function(tree)
        return found

    def no_function(self, tree: Call) -> ExpressionError:
        """The error for a name that no function has."""
        usual = ELSEWHERE.get(tree.function)
        best = None if usual else nearest(tree.function, (*self.known, *_CONNECTIVES))
        advice = text("请查函数列表。", "See the list of functions.") if best is None else meant(best)
        return ExpressionError(
            "unknown_function",
            tree.named,
            f"没有函数 {tree.function}。",
            f"There is no function {tree.function}.",
            suggestion=text(f"请写 {usual}。", f"Write {usual}.") if usual else advice,
            edit=None if best is None else Edit(tree.named, best),
        )

    def literal(self, tree: Tree) -> Node:
        match tree:
            case Number():
                return constant(
                    Type("number", scale=tree.scale), tree.value, Constant(NULL, None, span=tree.span)
                )
            case Text():
                return Constant(TEXT, tree.value, span=tree.span)
            case Boolean():
                return Constant(BOOL, tree.value, span=tree.span)
            case Null():
                return Constant(NULL, None, span=tree.span)
            case _:
                raise TypeError(f"unknown part {type(tree).__name__}")
