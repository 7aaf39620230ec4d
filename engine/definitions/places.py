"""Where expressions stand in the documents of an app: which names they see there, what they must yield."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.expressions import CheckedExpression, Scope, Type, check
from engine.expressions.tree import Source, Tree

Read = Callable[[Source, Scope], Source | Tree]


def as_written(source: Source, scope: Scope) -> Source | Tree:  # noqa: ARG001 - the shape of Place.read
    """Most places take a source as it is."""
    return source


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `expect` is the type the result is converted to, None for any; `read` is what the place
    does to a source before it is checked (the periods of a report become bounds).
    """

    scope: Scope
    expect: Type | None = None
    read: Read = as_written

    def check(self, source: Source | Tree) -> CheckedExpression:
        """The expression, proven for this place. Raises ExpressionError."""
        written = source if isinstance(source, Tree) else self.read(source, self.scope)
        return check(written, self.scope, expect=self.expect)


Asked = dict[str, Any]
"""What names a place that no document holds yet: "place", and what the kind needs beside it, such as "field"."""
