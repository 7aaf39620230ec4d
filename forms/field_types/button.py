"""`button`: something to press; it opens an address, or rules listen to its key."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from engine.definitions.app import Label
from engine.definitions.context import Context
from forms.field_type import Reading
from forms.field_types.url import Url
from forms.layout import Layout, TitledDocument
from forms.values import Problem


class ButtonOptions(TitledDocument):
    """`open` is the address it leads to, `confirm` what is asked before."""

    open: str | None = Field(default=None, max_length=2000)
    confirm: Label | None = None


class Button(Layout):
    type = "button"
    Options = ButtonOptions

    def check(self, pointer: str, context: Context) -> None:
        if self.options.open is None:
            return
        named: dict[str, Any] = {"key": "open", "type": Url.type, "label": {"zh": "地址", "en": "Address"}}
        try:
            Url(Url.Options.model_validate(named), context).parse(
                self.options.open, Reading(ZoneInfo(context.settings.tz))
            )
        except Problem as problem:
            context.error(problem.code, f"{pointer}/open", problem.message, problem.fix)
