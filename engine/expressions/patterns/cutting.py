"""A pattern cut into what it fills in and what stands for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.findings import Text

_QUOTED = r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'"


class BadPattern(Exception):
    """A pattern nobody can follow."""

    def __init__(self, message: Text, suggestion: Text) -> None:
        super().__init__(message["en"])
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Cut:
    """`word` says what is filled in; "" for text that stands for itself."""

    word: str
    text: str


def cutter(words: str) -> re.Pattern[str]:
    """What `cuts` reads with: `words` is a regular expression of what is filled in."""
    return re.compile(f"(?P<quoted>{_QUOTED})|(?P<word>{words})|(?P<plain>.)", re.DOTALL)


def cuts(source: str, reader: re.Pattern[str]) -> Iterator[Cut]:
    """The pattern from left to right."""
    for match in reader.finditer(source):
        text = match.group()
        if match.lastgroup == "quoted":
            yield Cut("", text[1:-1].replace(text[0] * 2, text[0]))
        else:
            yield Cut(text if match.group("word") is not None else "", text)
