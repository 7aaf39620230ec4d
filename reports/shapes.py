"""Shapes that are not forms: the measures of a report, and a form as one reader sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.expressions import Shape, Type


@dataclass(frozen=True, slots=True)
class FlatShape:
    """Names with types, without references to follow or rows to add up."""

    key: str
    types: Mapping[str, Type]

    def type_of(self, name: str) -> Type | None:
        return self.types.get(name)

    def names(self) -> Iterable[str]:
        return self.types

    def child(self, name: str) -> Shape | None:
        del name
        return None
