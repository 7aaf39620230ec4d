"""Where a name stands in a JSON value: in keys, in expressions, in the holes of templates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

HOLE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
EDGE = r"(?<![A-Za-z0-9_]){}(?![A-Za-z0-9_])"
QUOTED = r"\"[^\"]*\"|'[^']*'"


@dataclass(slots=True)
class Occurrences:
    """Counts and replaces the occurrences of `old` in a value, always in the same order.

    A name (of a field, a form) stands in keys and outside of quotes; with `literal` (the key of an option) it is
    a whole text, a key, or what quotes hold. In a text with `{{…}}` only what is in the holes counts.
    """

    old: str
    literal: bool = False
    name: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self.name = re.compile(f"{QUOTED}|{EDGE.format(re.escape(self.old))}")

    def replaced(
        self, key: str | None, value: Any, new: str, *, chosen: Collection[int] | None
    ) -> tuple[str | None, Any, int]:
        """A value and the key that leads to it, None for an item of a list, with the chosen occurrences (None:
        all) called `new`, and how many there are.
        """
        pen = _Pen(self, new, chosen)
        renamed = pen.key(key) if key is not None else None
        return renamed, pen.value(value, whole=True), pen.met


@dataclass(slots=True)
class _Pen:
    about: Occurrences
    new: str
    chosen: Collection[int] | None
    met: int = 0

    def value(self, value: Any, *, whole: bool) -> Any:
        """`whole`: a text is an expression or a name, not something somebody compares with."""
        if isinstance(value, dict):
            return {self.key(key): self.value(each, whole=key == "expr") for key, each in value.items()}
        if isinstance(value, list):
            names = whole and not any(isinstance(each, str) and "{{" in each for each in value)
            return [self.value(each, whole=names) for each in value]
        return self.text(value, whole=whole) if isinstance(value, str) else value

    def key(self, key: str) -> str:
        if self.about.literal:
            return self.one(key) if key == self.about.old else key
        return self.names(key)

    def text(self, text: str, *, whole: bool) -> str:
        if "{{" in text:
            return HOLE.sub(lambda hole: self.names(hole[0]), text)
        if self.about.literal and text == self.about.old:
            return self.one(text)
        return self.names(text) if whole else text

    def names(self, text: str) -> str:
        return self.about.name.sub(lambda found: self.found(found[0]), text)

    def found(self, piece: str) -> str:
        quoted = piece[0] in "\"'"
        if quoted != self.about.literal or (quoted and piece[1:-1] != self.about.old):
            return piece
        return piece[0] + self.one(piece[1:-1]) + piece[-1] if quoted else self.one(piece)

    def one(self, piece: str) -> str:
        number, self.met = self.met, self.met + 1
        return self.new if self.chosen is None or number in self.chosen else piece


def strings(value: Any) -> Iterator[str]:
    """Every key and text in a JSON value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value
