"""`auto`: a serial number by a pattern such as QT-{yyyyMM}-{0000}; never a duplicate, gaps may occur."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import Derived
from forms.operators import TEXT
from forms.schema import FieldDocument

PART = re.compile(r"\{([^{}]*)\}")
DATES = {"yyyy": "%Y", "yyyyMM": "%Y%m", "yyyyMMdd": "%Y%m%d"}


class AutoOptions(FieldDocument):
    """The count restarts whenever the date part changes."""

    pattern: str = Field(min_length=1, max_length=100)


class Auto(Derived):
    type = "auto"
    Options = AutoOptions
    operators = TEXT

    def check(self, pointer: str, context: Context) -> None:
        parts = PART.findall(self.options.pattern)
        counters = [part for part in parts if part and not part.strip("0")]
        unknown = [part for part in parts if part not in DATES and part not in counters]
        if len(counters) != 1 or unknown:
            context.error(
                "bad_serial_pattern",
                f"{pointer}/pattern",
                Text(
                    zh="编号格式须恰有一个 {0000} 计数段，日期段可用 {yyyy}、{yyyyMM}、{yyyyMMdd}。",
                    en="A serial pattern has exactly one counter such as {0000}, and may have {yyyy}, {yyyyMM} or {yyyyMMdd}.",
                ),
            )

    def split(self, now: datetime) -> tuple[str, str, int]:
        """Text before the counter, text after it, and the counter's width, at local time `now`."""
        pieces: list[str] = []
        width, marker = 1, "\x00"
        last = 0
        for part in PART.finditer(self.options.pattern):
            pieces.append(self.options.pattern[last : part.start()])
            name = part.group(1)
            if name in DATES:
                pieces.append(now.strftime(DATES[name]))
            else:
                pieces.append(marker)
                width = len(name)
            last = part.end()
        before, _, after = ("".join(pieces) + self.options.pattern[last:]).partition(marker)
        return before, after, width

    def value_type(self) -> Type:
        return t.TEXT

    def codec(self) -> Codec:
        return Codec("text")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "readOnly": True}
