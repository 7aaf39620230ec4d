"""Rules that do nothing but set fields of their own record: what they read and what they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.expressions import CheckedExpression
from forms.actions.set_fields import SetFields
from forms.compiled import Form
from rules.steps import Step


@dataclass(frozen=True, slots=True)
class Quiet:
    """`reads` and `writes` are fields of the record itself, all of them plain."""

    reads: frozenset[str]
    writes: frozenset[str]


def quiet(form: Form, when: CheckedExpression | None, steps: Iterable[Step]) -> Quiet | None:
    """What the rule touches, or None when it does more than set fields or reads more than plain ones.

    A step that reads what an earlier step of the same rule writes is more, too.
    """
    reads, writes = set[str](), set[str]()
    for name in _names(form, [when]):
        if name is None:
            return None
        reads.add(name)
    for step in steps:
        if not isinstance(step.action, SetFields) or step.action.target is not None:
            return None
        own = list(_names(form, [step.when, *(each.expression for each in step.action.assignments)]))
        if None in own or writes.intersection(name for name in own if name):
            return None
        reads.update(name for name in own if name)
        writes.update(each.key for each in step.action.assignments)
    return Quiet(frozenset(reads), frozenset(writes))


def _names(form: Form, expressions: Iterable[CheckedExpression | None]) -> Iterator[str | None]:
    """The fields that are read; None for whatever is not a plain field of the record."""
    for expression in expressions:
        for path in expression.dependencies if expression is not None else ():
            field = form.fields.get(path[0])
            plain = len(path) == 1 and field is not None and field.stored and not field.derived
            yield path[0] if plain else None
