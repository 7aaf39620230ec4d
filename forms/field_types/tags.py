"""`tags`: short words on a record; new ones come into being when they are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, empty, split_cell
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import SEVERAL
from forms.picks import REPEATS, at, judge_count, judge_length
from forms.schema import FieldDocument
from forms.values import Problem, read_text, wrong_type

_BETWEEN = frozenset("、,，;；\n\t")


class TagsOptions(FieldDocument):
    """`known` are offered to start with; with `closed` no others may be written. `most` tags of at most
    `max_length` characters.
    """

    known: tuple[str, ...] = Field(default=(), max_length=500)
    closed: bool = False
    most: int = Field(default=50, ge=1, le=200)
    max_length: int = Field(default=40, ge=1, le=100)


class Tags(FieldType):
    """Words are compared without case and width; the spelling of the first one stays."""

    type = "tags"
    Options = TagsOptions
    operators = SEVERAL

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._known = {_folded(word): word for word in options.known}

    def check(self, pointer: str, context: Context) -> None:
        for index, word in enumerate(self.options.known):
            try:
                self._word(word)
            except Problem as problem:
                context.error(problem.code, f"{pointer}/known/{index}", problem.message, problem.fix)

    def value_type(self) -> Type:
        return t.choices(self.options.known if self.options.closed else None)

    def codec(self) -> Codec:
        return Codec("list")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, list):
            raise wrong_type("标签的列表", "A list of tags", '["重点", "VIP"]')
        judge_length(raw, self.options.most)
        found: dict[str, str] = {}
        for index, each in enumerate(raw):
            try:
                word = self._word(each)
            except Problem as problem:
                raise at(index, problem) from None
            if word is not None:
                found.setdefault(_folded(word), word)
        judge_count(found, 0, self.options.most)
        return tuple(found.values()) or None

    def _word(self, raw: Any) -> str | None:
        word = read_text(raw, max_length=self.options.max_length, multiline=False)
        if word is None:
            return None
        if _BETWEEN & set(word):
            raise Problem(
                "bad_character",
                "标签中不能有逗号、顿号、分号。",
                "A tag holds no comma, semicolon or 、.",
                "请拆成几个标签。",
                "Make several tags of it.",
            )
        known = self._known.get(_folded(word))
        if known is None and self.options.closed:
            raise Problem(
                "not_in_options",
                f"“{word}”不是可用的标签。",
                f"'{word}' is not one of the tags.",
                f"可选：{'、'.join(self.options.known[:20])}。",
                f"Tags: {', '.join(self.options.known[:20])}.",
            )
        return known or word

    def json_schema(self) -> dict[str, Any]:
        word: dict[str, Any] = {"type": "string", "maxLength": self.options.max_length}
        if self.options.closed:
            word["enum"] = list(self.options.known)
        return {
            "type": "array",
            "items": word,
            "maxItems": self.options.most,
            "x-known": list(self.options.known),
        }

    def also_read(self) -> Sequence[dict[str, Any]]:
        """Known words in other letters, and the same word more than once."""
        word = {"type": "string", "maxLength": self.options.max_length}
        return ({"type": "array", "items": word, "maxItems": REPEATS * self.options.most},)

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        return None if empty(cell) else split_cell(cell)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
