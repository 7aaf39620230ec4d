"""`address`: a postal address in China: province to district by its code, the rest as text, postcode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from engine.definitions.context import Context
from forms.cells import Cell, empty, plain, read_text_cell
from forms.composed import Composed, part
from forms.field_type import FieldType, Reading
from forms.field_types.region import Level, Region
from forms.field_types.text import Text
from forms.regions import REGIONS
from forms.schema import FieldDocument


class AddressOptions(FieldDocument):
    """`level`: how exact the region has to be at least."""

    level: Level = "province"
    max_length: int = Field(default=200, ge=10, le=500)


class Address(Composed):
    """Its parts are `region`, `detail` and `postcode`; `STARTSWITH(site.region, "31")` is all of Shanghai."""

    type = "address"
    Options = AddressOptions
    between: ClassVar[str] = "|"

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        options = self.options
        return {
            "region": part(Region, "region", "省市区", "Region", context, level=options.level),
            "detail": part(Text, "detail", "详细地址", "Address", context, max_length=options.max_length),
            "postcode": part(Text, "postcode", "邮编", "Postcode", context, max_length=6, pattern=r"^\d{6}$"),
        }

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """上海市/浦东新区 | 张江路 1 号 | 201203; without | all of it is the detail, after a region if it
        begins with one.
        """
        if empty(cell):
            return None
        text = read_text_cell(cell).strip()
        if self.between in text:
            first, _, rest = text.partition(self.between)
            detail, _, last = rest.rpartition(self.between) if self.between in rest else (rest, "", "")
            pieces = zip(self.parts.items(), (first, detail, last), strict=True)
            return {name: part.read_cell(piece.strip(), reading) for (name, part), piece in pieces}
        word, _, after = text.partition(" ")
        region = REGIONS.named(plain(word)) if after or len(plain(word)) == _CODE else None
        return {"region": region, "detail": (after.strip() if region else text) or None, "postcode": None}


_CODE = 6
"""Digits of a code, which alone is a region and not a street."""
