"""An error in a JSON condition points to the part that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from engine.expressions import ExpressionError, Scope, check
from engine.expressions import types as t
from forms.blamed import blamed
from forms.shape import FormShape

SHAPE = FormShape("customer")
SHAPE.types = {"name": t.TEXT, "amount": t.INTEGER, "a/b": t.TEXT}
FINE: dict[str, Any] = {"amount": {"gt": 1}}


@pytest.mark.parametrize(
    ("condition", "pointer", "code"),
    [
        ({"and": [FINE, {"name": {"like": "x"}}]}, "/and/1/name/like", "unknown_operator"),
        ({"or": [{"not": {"nix": 1}}]}, "/or/0/not/nix", "unknown_field"),
        ({"name": "x", "nix": {"gt": 1}}, "/nix/gt", "unknown_field"),
        ({"amount": {"gt": 1, "like": 2}}, "/amount/like", "unknown_operator"),
        ({"amount": {"gt": "x"}}, "/amount/gt", None),
        ({"and": {}}, "", "bad_condition"),
        ({"and": [FINE, {"expr": "nix = 1"}]}, "/and/1/expr", "unknown_field"),
        ({"and": [FINE, 5]}, "/and/1", "bad_condition"),
        ({"and": [{"x/y": 5}]}, "/and/0/x~1y", "bad_name"),
    ],
)
def test_the_part_that_is_wrong_is_named(condition: Any, pointer: str, code: str | None) -> None:
    scope = Scope(SHAPE, {"customer": SHAPE})

    def judge(part: Any) -> object:
        return check(part, scope, expect=t.BOOL)

    with pytest.raises(ExpressionError) as whole:
        judge(condition)
    found = blamed(condition, judge, whole.value, "/filter")
    assert found.pointer == f"/filter{pointer}"
    assert code is None or found.code == code
    assert "span" not in found.details
