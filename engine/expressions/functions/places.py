"""GEODISTANCE: how far two places are apart. In memory only."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, floor, radians, sin, sqrt
from typing import TYPE_CHECKING, Any

from engine.expressions.coerce import to_scale
from engine.expressions.function import Example, Function
from engine.expressions.parameters import GEO_WANTED, any_argument, number_argument
from engine.expressions.typed import Node
from engine.expressions.types import MAX_SCALE, number
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

RADIUS = 6_371_008.8
"""Metres: the mean radius of the earth of the IUGG."""
Place = tuple[int, int]
_UNIT: int = 10**MAX_SCALE
_DEGREE = number_argument("degrees")
_FIRST = text("位置，或纬度（度）", "a place, or a latitude in degrees")
_SECOND = text("位置，或经度（度）", "a place, or a longitude in degrees")
_LATITUDE, _LONGITUDE = (
    text("纬度（度）", "a latitude in degrees"),
    text("经度（度）", "a longitude in degrees"),
)


class GeoDistance(Function):
    """Of two places, or of two pairs of latitude and longitude in degrees."""

    type = "GEODISTANCE"
    in_memory = True
    partial = True
    result = number(8, 0)
    parameters = (
        replace(any_argument("lat1"), wanted=_FIRST),
        replace(any_argument("lng1"), wanted=_SECOND),
        replace(any_argument("lat2", optional=True), wanted=_LATITUDE),
        replace(any_argument("lng2", optional=True), wanted=_LONGITUDE),
    )
    doc = text(
        "两地沿地面的距离，整米；参数为两个位置字段，或两对纬度、经度（度）。经纬度超出范围时为空。",
        "Metres between two places on the ground: two place fields, or two pairs of latitude and longitude "
        "in degrees. Null where there is no such latitude or longitude.",
    )
    examples = (
        Example("GEODISTANCE(31.2304, 121.4737, 39.9042, 116.4074)", "1067312"),
        Example("GEODISTANCE(0, 0, 0, 180)", "20015114"),
        Example("GEODISTANCE(91, 0, 0, 0)", "null"),
    )

    def check(self, site: Site) -> Node:
        if len(site.trees) != 2:
            site.count(4, 4)
            degrees = [site.fitting(tree, _DEGREE) for tree in site.trees]
            return site.apply(self.result, [to_scale(each, MAX_SCALE) for each in degrees])
        places = site.nodes()
        for each in places:
            if each.type.kind != "geo":
                raise site.unfit(each, GEO_WANTED)
        return site.apply(self.result, places)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        if len(arguments) == 4:
            lat1, lng1, lat2, lng2 = arguments
            arguments = (f"({lat1}, {lng1})", f"({lat2}, {lng2})")
        return f"{writer.use(metres_between)}({', '.join(arguments)})"


def metres_between(start: Place, end: Place) -> int | None:
    """Whole metres along a great circle, by the haversine formula; None off the globe.

    Degrees are scaled by 10**6. Floats err by some 10**-8 metres here, far below the metre that is given.
    """
    if not (_on_globe(start) and _on_globe(end)):
        return None
    lat1, lng1, lat2, lng2 = (radians(degrees / _UNIT) for degrees in (*start, *end))
    bow = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lng2 - lng1) / 2) ** 2
    return floor(2 * RADIUS * asin(min(1.0, sqrt(bow))) + 0.5)


def _on_globe(place: Place) -> bool:
    latitude, longitude = place
    return abs(latitude) <= 90 * _UNIT and abs(longitude) <= 180 * _UNIT
