"""`select`: one of several options, stored by its stable key."""

from __future__ import annotations

from collections.abc import Iterable
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
from forms.operators import EQUAL
from forms.picks import with_labels
from forms.schema import Condition, FieldDocument, Option, OptionsFrom
from forms.values import Problem, read_text, wrong_type


class ChoiceOptions(FieldDocument):
    """`options` of its own, the key of a shared `option_set`, or `options_from` other records.

    `options_when`: conditions on the record by option key; without one an option may always be chosen.
    """

    options: list[Option] | None = None
    option_set: str | None = None
    options_from: OptionsFrom | None = None
    options_when: dict[str, Condition] = Field(default_factory=dict)


class Select(FieldType):
    type = "select"
    Options = ChoiceOptions
    operators = EQUAL

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.choices: dict[str, Option] = {option.key: option for option in self._offered(context)}

    def _offered(self, context: Context) -> Iterable[Option]:
        """The options in order."""
        shared = context.compiled.get("option_set", {}).get(self.options.option_set or "")
        offered: Iterable[Option] = self.options.options or (shared.options if shared else ())
        return offered

    def check(self, pointer: str, context: Context) -> None:
        given = (self.options.options, self.options.option_set, self.options.options_from)
        if sum(each is not None for each in given) != 1:
            context.error(
                "options_missing",
                pointer,
                Text(
                    zh="请给出 options、option_set 或 options_from 之一。",
                    en="Give one of options, option_set and options_from.",
                ),
            )
        elif self.options.option_set and not self.choices:
            context.unknown(
                "unknown_option_set",
                f"{pointer}/option_set",
                self.options.option_set,
                context.compiled.get("option_set", {}),
                Text(zh="选项集", en="option set"),
            )
        elif len(self.choices) != len(self.options.options or self.choices):
            context.error(
                "double_option",
                f"{pointer}/options",
                Text(zh="选项键重复。", en="An option key appears twice."),
            )

    @property
    def free(self) -> bool:
        """Whether its options come from records and are therefore any text."""
        return self.options.options_from is not None

    def value_type(self) -> Type:
        return t.TEXT if self.free else t.choice(tuple(self.choices))

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if type(raw) is str and raw in self.choices:
            return raw
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("选项键", "The key of an option", self._example())
        if self.free:
            return read_text(raw, max_length=500, multiline=False)
        if raw not in self.choices:
            raise self._unknown(raw)
        return raw

    def _example(self) -> str:
        """The first option that may be chosen, as JSON."""
        offered = (key for key, option in self.choices.items() if not option.archived)
        return f'"{next(offered, "…")}"'

    def _unknown(self, raw: str) -> Problem:
        offered = [key for key, option in self.choices.items() if not option.archived]
        close = get_close_matches(raw, offered, n=1)
        named = [key for key in self._named(raw) if key in offered]
        meant = named if len(named) == 1 else close
        told = [self.choices[key] for key in offered]
        return Problem(
            "not_in_options",
            f"“{raw[:40]}”不是可选项。",
            f"'{raw[:40]}' is not one of the options.",
            f"是否想选“{meant[0]}”？" if meant else f"可选：{'、'.join(with_labels(told, 'zh'))}。",
            f"Did you mean '{meant[0]}'?" if meant else f"Options: {', '.join(with_labels(told, 'en'))}.",
        )

    def json_schema(self) -> dict[str, Any]:
        if self.free:
            return {"type": "string", "maxLength": 500, "x-options-from": self.options.options_from.form}
        return {"type": "string", "enum": list(self.choices)}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        return None if empty(cell) else self.key_of(read_text_cell(cell).strip())

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        return None if value is None else self.name_of(value, reading)

    def key_of(self, text: str) -> str:
        """The key of the option that a cell names by its key or by its label in any language; a name that
        no option has stays as it is, to be refused. Raises Problem when several options have it.
        """
        for key in (text, plain(text)):
            if key in self.choices:
                return key
        named = self._named(text)
        if len(named) > 1:
            raise Problem(
                "ambiguous_option",
                f"有多个选项名为“{text[:40]}”。",
                f"Several options are called '{text[:40]}'.",
                f"请改写选项键：{'、'.join(named)}。",
                f"Write the key of the option: {', '.join(named)}.",
            )
        return named[0] if named else text

    def name_of(self, key: str, reading: Reading) -> str:
        """What a cell calls an option: its label, or its key where the label does not tell."""
        option = self.choices.get(key)
        label = key if option is None else getattr(option.label, reading.language)
        return label if label not in self.choices and self._named(label) == [key] else key

    def _named(self, text: str) -> list[str]:
        wanted = plain(text).casefold()
        return [
            key
            for key, option in self.choices.items()
            if wanted in (plain(option.label.zh).casefold(), plain(option.label.en).casefold())
        ]
