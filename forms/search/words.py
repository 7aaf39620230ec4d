"""Words and the tokens they are found by: two characters side by side, so that Chinese needs no dictionary. Pure."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^<>]{0,2000}>")
LONGEST = 10_000
"""Characters of a field that are found; what comes after is not."""
AROUND = 30


def normal(text: str) -> str:
    """Text as it is compared: full-width and half-width alike, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str) -> list[str]:
    """The words of a question, each once."""
    return list(dict.fromkeys(WORD.findall(normal(text))))


def tokens(text: str) -> set[str]:
    """Every two characters side by side, and the last of each word alone: so a single character is found as
    the beginning of a token wherever it stands.
    """
    found: set[str] = set()
    for word in WORD.findall(normal(text[:LONGEST])):
        found.update(word[place : place + 2] for place in range(len(word) - 1))
        found.add(word[-1])
    return found


def pairs(word: str) -> set[str]:
    """The tokens that a field with this word has; none for a single character."""
    return {word[place : place + 2] for place in range(len(word) - 1)}


def excerpt(text: str, word: str) -> str:
    """The text around a word; it is there."""
    flat = normal(text)
    place = flat.find(word)
    start, end = max(0, place - AROUND), place + len(word) + AROUND
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
