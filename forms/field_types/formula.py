"""`formula`: computed from other fields by an expression."""

from __future__ import annotations

from typing import Any

from forms.field_type import Derived
from forms.schema import FieldDocument


class FormulaOptions(FieldDocument):
    """`result` is the type of the value with its options, e.g. {"type": "money"}."""

    result: dict[str, Any]
    expr: str | dict[str, Any]


class Formula(Derived):
    type = "formula"
    Options = FormulaOptions
