"""What a conversion is: the JSON value of the old field -> what the new field's type parses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forms.field_type import FieldType, Reading
from forms.values import Problem


@dataclass(frozen=True, slots=True)
class Given:
    """A value that is there, as JSON, with the type it has and the one it is to have."""

    value: Any
    before: FieldType
    after: FieldType
    reading: Reading


Conversion = Callable[[Given], Any]
"""What the type after parses. Raises Problem."""


WHAT_TO_DO = (
    "请在发布前修改该值；否则它会另行保存，可以恢复。",
    "Correct it before publishing; otherwise it is parked and can be restored.",
)


def unfit(zh: str, en: str) -> Problem:
    """The value says something that the new type cannot say."""
    return Problem("not_convertible", zh, en, *WHAT_TO_DO)
