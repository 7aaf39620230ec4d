"""The generated code computes what occurs again once, and only where it is known to be there."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from engine.expressions import ExpressionError, check
from engine.expressions.generate import compiled, python_source
from engine.expressions.interpret import Program
from engine.expressions.limits import MAX_DEPTH
from engine.expressions.repeats import repeated
from tests.engine.expressions.random_expressions import Maker
from tests.engine.expressions.random_records import random_record
from tests.engine.expressions.world import SCOPE, environment, record_of

ENV = environment("Asia/Shanghai")


def source(expression: str) -> str:
    return python_source(check(expression, SCOPE).node, sparse=False, holds=False)[0]


def agreed(expression: str, **fields: Any) -> Any:
    """The value, which the tracing evaluator gives too."""
    checked, record = check(expression, SCOPE), record_of(fields)
    given = checked.evaluate(record, ENV)
    assert given == Program(checked.node).value(record, None, ENV)
    assert checked.holds(record, ENV) is (given is True) or checked.type.kind != "bool"
    return given


def test_a_part_that_occurs_again_is_computed_once() -> None:
    made = source("IF(n * m > 100, n * m * 2, n * m)")

    assert made.count("r['n']") == made.count("r['m']") == 1
    assert made.count("t1 * t2") == 1


def test_a_part_that_occurs_once_is_not_kept_for_later() -> None:
    assert source("n + m").count(":=") == source("n + small").count(":=")


@pytest.mark.parametrize("n", [None, 3, 200])
@pytest.mark.parametrize("m", [None, 0, 1])
def test_null_in_a_test_takes_the_last_value(n: int | None, m: int | None) -> None:
    assert agreed("IF(n * m > 100, n * m * 2, n * m)", n=n, m=m) == (
        None if n is None or m is None else n * m * 2 if n * m > 100 else n * m
    )
    assert agreed("IF(n * m > 100, n * m, n)", n=n, m=m) == (
        None if n is None else n * (m or 0) if n * (m or 0) > 100 else n
    )


@pytest.mark.parametrize("first", [None, True, False])
@pytest.mark.parametrize("n", [None, 1, 5])
def test_what_one_side_of_or_proves_the_other_does_not_know(first: bool | None, n: int | None) -> None:
    found = agreed("(flag and n > 3) or n < 2 or ISBLANK(n)", flag=first, n=n)

    assert found is (n is None or n < 2 or (first if n > 3 else False))


def test_the_branch_not_taken_proves_nothing() -> None:
    assert agreed("IF(n > 3, n + 1, COALESCE(n, 7) + COALESCE(n, 7))", n=None) == 14
    assert agreed("IFS(n > 3, n, m > 3, m, n + m)", n=None, m=9) == 9
    assert agreed("IFS(n > 3, n, m > 3, m + COALESCE(n, 1), 0)", n=None, m=9) == 10


def test_a_reference_is_followed_once_for_two_fields_behind_it() -> None:
    followed: list[str] = []

    def follow(form: str, key: str) -> Any:
        followed.append(key)
        return ENV.follow(form, key)

    env = replace(ENV, follow=follow)
    checked = check('customer.name <> "x" and customer.level <> "C" and customer.credit >= 0', SCOPE)
    checked.holds(record_of({"customer": "c1"}), env)

    assert followed == ["c1"]


def test_a_child_table_is_summed_once() -> None:
    made = source("IF(SUM(lines.qty) > 10, SUM(lines.qty) * 2, SUM(lines.qty))")

    assert made.count("def f") == 1


def test_a_field_of_a_row_is_not_that_of_the_record() -> None:
    lines = [{"amount": "1.00"}, {"amount": "2.00"}, {}]
    expression = "amount + SUM(lines.amount, lines.amount > 1) + amount"

    assert agreed(expression, amount="5.00", lines=lines) == 1200


@pytest.mark.parametrize("start", ["n", "COALESCE(n, m)", "IF(n > m, n, m)"])
def test_the_deepest_expression_compiles(start: str) -> None:
    expression = start
    for number in range(MAX_DEPTH):
        deeper = f"IF({expression} > {number}, n + m, n)"
        try:
            check(deeper, SCOPE)
        except ExpressionError:
            break
        expression = deeper

    agreed(expression, n=1, m=2)


class Echo(Maker):
    """Says again what it has said, so that parts repeat and stand in branches, filters and rows."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.said: dict[tuple[str, bool], list[str]] = {}

    def again(self, kind: str, depth: int) -> str:
        said = self.said.setdefault((kind, self.row), [])
        if said and self.random.random() < 0.45:
            return self.random.choice(said[-3:])
        made: str = getattr(super(), kind)(depth)
        said.append(made)
        return made

    def number(self, depth: int) -> str:
        return self.again("number", depth)

    def text(self, depth: int) -> str:
        return self.again("text", depth)

    def bool(self, depth: int) -> str:
        return self.again("bool", depth)

    def date(self, depth: int) -> str:
        return self.again("date", depth)

    def moment(self, depth: int) -> str:
        return self.again("moment", depth)


def test_repeating_expressions_give_what_the_tracing_evaluator_gives() -> None:
    random = Random(20260302)
    records = [record_of(random_record(random)) for _ in range(8)]
    done = repeating = 0
    while done < 400:
        try:
            checked = check(Echo(random).any(random.randint(1, 5)), SCOPE)
        except ExpressionError:
            continue
        done += 1
        program = Program(checked.node)
        evaluate, holds = compiled(checked.node), compiled(checked.node, holds=True)
        repeating += bool(repeated(checked.node))
        for record in records:
            want = program.value(record, None, ENV)
            sparse = {key: value for key, value in record.items() if value is not None}
            assert evaluate(record, ENV) == evaluate(sparse, ENV) == want, checked.text()
            assert checked.type.kind != "bool" or holds(record, ENV) is (want is True), checked.text()
    assert repeating > done / 3
