"""Every function is declared, documented, shown and proven."""

from __future__ import annotations

import inspect

import pytest

from engine.expressions import check, parse
from engine.expressions.function import Function
from engine.expressions.functions import BUILTIN, OPERATORS
from engine.expressions.tree import Call, Operation, Tree, children
from engine.expressions.typed import Apply, walk
from tests.engine.expressions.world import SCOPE, cases, environment, spelled

EVENT = {"OLD", "CHANGED", "CHANGEDTO", "CHANGEDFROM", "ISNEW"}
OVER_ROWS = {"SUM", "COUNT", "AVG", "MINOF", "MAXOF", "DISTINCTCOUNT", "ANY", "ALL", "LOOKUP"}
OF_THE_WORLD = {"NOW", "TODAY", "HAS", "HASANY", "ME", "MYTEAM", "HASROLE"}
OF_THE_LOG = {"LASTACTIVITY", "INACTIVEDAYS", "DAYSINSTATE", "EVENTCOUNT"}


def named(tree: Tree) -> set[str]:
    found = {name for part in children(tree) for name in named(part)}
    if isinstance(tree, Call):
        found.add(tree.function)
    elif isinstance(tree, Operation):
        found.add(tree.operator)
    return found


def test_the_table_covers_every_function_that_sql_knows() -> None:
    shown = set().union(*(named(parse(case.expression)) for case in cases()))
    missing = {each.type for each in (*BUILTIN, *OPERATORS) if not each.in_memory} - shown
    assert missing == set()


@pytest.mark.parametrize("function", BUILTIN, ids=lambda each: each.type)
def test_a_function_is_documented_and_its_examples_hold(function: type[Function]) -> None:
    assert function.doc["zh"]
    assert function.doc["en"].endswith(".")
    assert function.examples or function.type in OVER_ROWS | EVENT | OF_THE_WORLD | OF_THE_LOG
    for example in function.examples:
        checked = check(example.expression, SCOPE)
        assert spelled(checked.evaluate({}, environment()), checked.type).strip('"') == example.result


def test_the_base_class_stays_small() -> None:
    methods = [name for name, _ in inspect.getmembers(Function, inspect.isfunction)]
    assert len(methods) <= 10


def test_names_are_unique() -> None:
    names = [each.type for each in (*BUILTIN, *OPERATORS)]
    assert len(names) == len(set(names))


def test_a_shared_function_object_holds_no_state() -> None:
    one, other = (check("MIN(n, m)", SCOPE).node for _ in range(2))
    assert isinstance(one, Apply)
    assert isinstance(other, Apply)
    assert one.function is other.function
    assert len(list(walk(one))) == 3
