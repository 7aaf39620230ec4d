"""`select`: one of several options, stored by its stable key."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.schema import FieldDocument, Option
from forms.values import Problem, wrong_type


class ChoiceOptions(FieldDocument):
    """Either `options` of its own, or the key of a shared `option_set`."""

    options: list[Option] | None = None
    option_set: str | None = None


class Select(FieldType):
    type = "select"
    Options = ChoiceOptions

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        shared = context.compiled.get("option_set", {}).get(options.option_set or "")
        self.choices: dict[str, Option] = {
            option.key: option for option in (options.options or (shared.options if shared else []))
        }

    def check(self, pointer: str, context: Context) -> None:
        if (self.options.options is None) == (self.options.option_set is None):
            context.error(
                "options_missing",
                pointer,
                Text(zh="请给出 options 或 option_set 之一。", en="Give either options or an option_set."),
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

    def value_type(self) -> Type:
        return t.choice(tuple(self.choices))

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("选项键", "The key of an option")
        if raw not in self.choices:
            raise self._unknown(raw)
        return raw

    def _unknown(self, raw: str) -> Problem:
        close = get_close_matches(raw, list(self.choices), n=1)
        return Problem(
            "not_in_options",
            f"“{raw[:40]}”不是可选项。",
            f"'{raw[:40]}' is not one of the options.",
            f"是否想选“{close[0]}”？" if close else f"可选：{'、'.join(list(self.choices)[:20])}。",
            f"Did you mean '{close[0]}'?" if close else f"Options: {', '.join(list(self.choices)[:20])}.",
        )

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)}
