"""What a function of the language declares: types, Python form, SQL forms, documentation, examples."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.errors import ExpressionError, Span
from engine.expressions.typed import Node
from engine.expressions.types import Type
from engine.findings import Text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Code, Writer
    from engine.expressions.sql.lowering import Lowering


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: `accepts` tells whether a type fits, `wanted` names what does, in zh and en."""

    name: str
    accepts: Callable[[Type], bool]
    wanted: Text
    optional: bool = False
    repeated: bool = False
    to: Type | None = None
    """The type a fitting argument is converted to, so that constants are read as it."""


@dataclass(frozen=True, slots=True)
class Example:
    """An expression without fields and what it gives, as text; run by the tests and shown in the docs."""

    expression: str
    result: str


class Function(ABC):
    """One function or operator. Instances are shared and hold no state.

    A strict function is null when an argument is null; its Python and SQL forms may rely on it. `partial`
    says that it can be null although no argument is (division by zero). An aggregate gets an Aggregate node. `variant`
    tells a second form of the same function apart where trees are written down. `in_memory` means no SQL form.
    """

    registry: ClassVar[str] = "function"
    type: ClassVar[str]
    variant: ClassVar[str] = ""
    doc: ClassVar[Text]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    result: ClassVar[Type]
    examples: ClassVar[tuple[Example, ...]] = ()
    strict: ClassVar[bool] = True
    partial: ClassVar[bool] = False
    in_memory: ClassVar[bool] = False
    volatile: ClassVar[bool] = False
    by_calendar: ClassVar[bool] = False
    """Whether `option` of a call is the key of the working calendar that it counts by."""
    work: ClassVar[int] = 0
    """Microseconds of a call at worst; only functions that take long say it."""

    def check(self, site: Site) -> Node:
        """The typed call. Raises ExpressionError. By default `parameters` and `result` say it all."""
        return site.apply(self.result, site.declared())

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        """A Python expression. Strict: `arguments` are its non-null operands; otherwise it writes them itself."""
        raise NotImplementedError(f"{self.type} has no Python form")

    def guarded(self, node: Any, writer: Writer, *arguments: str) -> Code | None:
        """The Python form as guards and a value, where that is shorter than testing `python` for null."""
        return None

    def nullable(self, *arguments: bool) -> bool:
        """Whether the result can be null, given which arguments can."""
        return self.partial or any(arguments)

    def branches(self, node: Any) -> frozenset[int] | None:
        """Which arguments become the result unchanged; None when none does."""
        return None

    def truth(self, node: Any, writer: Writer) -> str | None:
        """A Python expression that is truthy exactly when the call is TRUE; None when there is no shorter one."""
        return None

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        """The form shared by the SQL dialects that have no form of their own."""
        raise NotImplementedError(f"{self.type} has no SQL form")

    def sqlite(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return self.sql(node, lower, *arguments)

    def postgres(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return self.sql(node, lower, *arguments)

    def duckdb(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return self.sql(node, lower, *arguments)


def mismatch(span: Span, zh: str, en: str, *, suggestion: Text | None = None) -> ExpressionError:
    """The error for a part whose type does not fit its place."""
    return ExpressionError("type_mismatch", span, zh, en, suggestion=suggestion)
