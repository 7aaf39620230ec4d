"""`cascade`: one option out of a tree of them, stored as the keys from the root down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.cells import Cell, empty, plain, read_text_cell
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import SEVERAL
from forms.picks import at, with_labels
from forms.schema import FieldDocument, Option
from forms.values import Problem, wrong_type

DEEPEST = 6
"""Levels of a tree of options."""


class Branch(Option):
    """An option with options below it."""

    options: list[Branch] = Field(default=[], max_length=500)


class CascadeOptions(FieldDocument):
    """A key stands in the tree once. With `any_level` an option that has others below it may be chosen."""

    options: list[Branch] = Field(min_length=1, max_length=500)
    any_level: bool = False


class Cascade(FieldType):
    """`HAS(kind, "engine")` is true for the option and for all below it."""

    type = "cascade"
    Options = CascadeOptions
    operators = SEVERAL

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.paths: dict[str, tuple[str, ...]] = {}
        self.choices: dict[str, Branch] = {}
        self._double: list[str] = []
        for path, branch in _walked(options.options, ()):
            if branch.key in self.paths:
                self._double.append(branch.key)
            self.paths.setdefault(branch.key, path)
            self.choices.setdefault(branch.key, branch)

    def check(self, pointer: str, context: Context) -> None:
        for key in self._double:
            context.error(
                "double_option",
                f"{pointer}/options",
                Text(zh=f"选项键“{key}”重复。", en=f"The option key '{key}' appears twice."),
                Text(zh="整棵树中每个键只能出现一次。", en="A key stands in the whole tree once."),
            )
        if any(len(path) > DEEPEST for path in self.paths.values()):
            context.error(
                "too_deep",
                f"{pointer}/options",
                Text(zh=f"选项最多 {DEEPEST} 级。", en=f"Options have at most {DEEPEST} levels."),
            )

    def value_type(self) -> Type:
        return t.choices(tuple(self.paths))

    def codec(self) -> Codec:
        return Codec("list")

    def _example(self) -> str:
        longest: tuple[str, ...] = max(self.paths.values(), key=len, default=())
        return "[" + ", ".join(f'"{key}"' for key in longest) + "]"

    def parse(self, raw: Any, reading: Reading) -> Any:
        """The whole path; the key of the chosen option alone will do."""
        if raw in ("", []):
            return None
        if isinstance(raw, str):
            raw = list(self.paths.get(raw, (raw,)))
        if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
            raise wrong_type("选项键的路径", "The path of option keys", self._example())
        for index, key in enumerate(raw):
            if self.paths.get(key) != tuple(raw[: index + 1]):
                raise at(index, self._astray(key, raw[:index]))
        if self.choices[raw[-1]].options and not self.options.any_level:
            below = [branch for branch in self.choices[raw[-1]].options if not branch.archived]
            raise Problem(
                "option_too_wide",
                f"“{raw[-1]}”下还有选项，须选到最后一级。",
                f"'{raw[-1]}' has options below it; choose one of them.",
                f"可选：{'、'.join(with_labels(below, 'zh'))}。",
                f"Options: {', '.join(with_labels(below, 'en'))}.",
            )
        return tuple(raw)

    def _astray(self, key: str, above: list[str]) -> Problem:
        branches = self.choices[above[-1]].options if above else self.options.options
        offered = [branch for branch in branches if not branch.archived]
        known = [branch.key for branch in offered]
        close = [each.key for each in offered if key in (each.label.zh, each.label.en)]
        close = close if len(close) == 1 else get_close_matches(key, known, n=1)
        place = "/".join(above)
        return Problem(
            "not_in_options",
            f"“{place}”下没有选项“{key[:40]}”。" if above else f"第一级没有选项“{key[:40]}”。",
            f"There is no option '{key[:40]}' below '{place}'."
            if above
            else f"There is no option '{key[:40]}' on the first level.",
            f"是否想选“{close[0]}”？" if close else f"可选：{'、'.join(with_labels(offered, 'zh'))}。",
            f"Did you mean '{close[0]}'?" if close else f"Options: {', '.join(with_labels(offered, 'en'))}.",
        )

    def json_schema(self) -> dict[str, Any]:
        tree = [branch.model_dump(mode="json") for branch in self.options.options]
        return {"type": "array", "items": {"type": "string", "enum": list(self.paths)}, "x-options": tree}

    def also_read(self) -> Sequence[dict[str, Any]]:
        """The key of the chosen option alone."""
        return ({"enum": ["", *self.paths]},)

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """华东/江苏/南京 by labels or keys; what leads nowhere stays as it is, to be refused."""
        if empty(cell):
            return None
        branches: list[Branch] = self.options.options
        path: list[str] = []
        words = [word.strip() for word in read_text_cell(cell).replace("／", "/").split("/")]
        for word in words:
            branch = _called(word, branches)
            path.append(branch.key if branch else word)
            branches = branch.options if branch else []
        return list(self.paths.get(path[0], path)) if len(path) == 1 else path

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        """The labels; keys where a label holds a slash or another option beside it has the same one."""
        if value is None:
            return None
        branches: list[Branch] = self.options.options
        words = []
        for key in value:
            branch = self.choices[key]
            label = getattr(branch.label, reading.language)
            words.append(label if "/" not in plain(label) and _called(label, branches) is branch else key)
            branches = branch.options
        return "/".join(words)


def _walked(branches: Iterable[Branch], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Branch]]:
    for branch in branches:
        path = (*above, branch.key)
        yield path, branch
        yield from _walked(branch.options, path)


def _called(word: str, branches: Iterable[Branch]) -> Branch | None:
    """The option of this key, or the only one of this label."""
    wanted = plain(word).casefold()
    branches = list(branches)
    keyed = [branch for branch in branches if branch.key == word]
    named = [
        branch
        for branch in branches
        if wanted in (plain(branch.label.zh).casefold(), plain(branch.label.en).casefold())
    ]
    return keyed[0] if keyed else named[0] if len(named) == 1 else None
