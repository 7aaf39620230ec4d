"""`formula`: computed from other fields by an expression."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar

from forms.field_type import Derived
from forms.schema import FieldDocument


class FormulaOptions(FieldDocument):
    """`result` is the type of the value with its options, e.g. {"type": "money"}."""

    result: dict[str, Any]
    expr: str | dict[str, Any]


class Formula(Derived):
    """`place` is the option that findings about the expression point to."""

    type = "formula"
    Options: ClassVar[builtins.type[FieldDocument]] = FormulaOptions
    place: ClassVar[str] = "expr"

    def declared(self) -> dict[str, Any]:
        """The type of the value with its options."""
        result: dict[str, Any] = self.options.result
        return result

    def expression(self) -> str | dict[str, Any]:
        """What computes the value."""
        said: str | dict[str, Any] = self.options.expr
        return said
