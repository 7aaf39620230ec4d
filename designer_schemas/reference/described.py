"""What a class says about itself, as one English line."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

from designer_schemas.reference.keys import sentence

NAMED = re.compile(r"^(?:The (?:action|trigger) )?`\w+`:\s*")


def of_module(cls: type[Any]) -> str:
    """The first paragraph of the docstring of its module: one kind is one file."""
    text = inspect.cleandoc(sys.modules[cls.__module__].__doc__ or "").split("\n\n")[0]
    return _capital(NAMED.sub("", sentence(text)))


def of_class(cls: type[Any]) -> str:
    """Its own docstring, never one that it inherits."""
    return sentence(inspect.cleandoc(cls.__doc__ or ""))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
