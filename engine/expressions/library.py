"""The functions an expression may call: the language's own, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from engine.expressions.function import Function
from engine.expressions.functions import BUILTIN

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
WORDS = frozenset({"AND", "OR", "NOT", "IN", "BETWEEN", "TRUE", "FALSE", "NULL", "NONE"})
"""Words of the grammar, which no function can have as its name."""


class BadFunction(Exception):
    """A plugin's function cannot be called by its name."""


def library(added: Iterable[type[Function]] = ()) -> Mapping[str, Function]:
    """Name -> the one shared object of each class: the language's own, then those `added`.

    Raises BadFunction for a name nobody could write.
    """
    return _library(tuple(dict.fromkeys((*BUILTIN, *added))))


@lru_cache(maxsize=16)
def _library(classes: tuple[type[Function], ...]) -> Mapping[str, Function]:
    for each in classes:
        if not NAME.fullmatch(each.type) or each.type in WORDS:
            raise BadFunction(f"'{each.type}' cannot be the name of a function: write it in capital letters")
    return MappingProxyType({each.type: each() for each in classes})


FUNCTIONS: Mapping[str, Function] = library()
"""The language's own."""
