"""`geo`: a place on the map, latitude and longitude in degrees of WGS 84, north and east positive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from forms.composed import Composed, incomplete, part
from forms.field_type import FieldType
from forms.field_types.decimal import Decimal

DECIMALS = 6
"""The last decimal of a degree is some 11 cm."""


class Geo(Composed):
    """`GEODISTANCE(site, office)` is the distance of two places in metres."""

    type = "geo"
    between: ClassVar[str] = ","

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        return {
            "lat": part(Decimal, "lat", "纬度", "Latitude", context, **_degrees(90)),
            "lng": part(Decimal, "lng", "经度", "Longitude", context, **_degrees(180)),
        }

    def value_type(self) -> Type:
        return t.GEO

    def _judge(self, values: tuple[Any, ...]) -> None:
        if None in values:
            raise incomplete(
                self.parts,
                values,
                "place_incomplete",
                "请同时填写纬度和经度。",
                "Give latitude and longitude.",
            )


def _degrees(most: int) -> dict[str, Any]:
    return {"min": -most, "max": most, "precision": 3 + DECIMALS, "scale": DECIMALS}
