"""Samples of regions, addresses and places on the map."""

from __future__ import annotations

from tests.forms.sample import Sample, same

PUDONG = {"region": "310115", "detail": "张江路 1 号 | 2 楼", "postcode": "201203"}

SAMPLES = {
    "region": Sample(
        "region",
        valid=(*same("310115", "320000", "320100", "441900", "710000"), ("", None)),
        wrong=(
            ("310199", "unknown_region"),
            ("上海市", "unknown_region"),
            ("31", "unknown_region"),
            (310115, "wrong_type"),
        ),
        cells=(
            ("310115", "310115"),
            (310115, "310115"),
            ("江苏省/南京市/玄武区", "320102"),
            ("江苏省南京市玄武区", "320102"),
            ("内蒙古/呼和浩特", "150100"),
            ("北京市/市辖区/朝阳区", "110105"),
            ("浦东新区", "310115"),
        ),
        wrong_cells=(("朝阳区", "ambiguous_region"), ("大西洋市", "unknown_region")),
    ),
    "region_district": Sample(
        "region",
        # 东莞 has no districts, 济源 no city above it
        valid=same("310115", "441900", "419001"),
        wrong=(("320000", "region_too_wide"), ("320100", "region_too_wide")),
        options={"level": "district"},
    ),
    "address": Sample(
        "address",
        valid=(
            *same(PUDONG, {"region": None, "detail": "somewhere", "postcode": None}),
            *same({"region": "310115", "detail": None, "postcode": None}),
            ({"detail": ""}, None),
        ),
        wrong=(
            ("张江路", "wrong_type"),
            ({"region": "999999"}, "unknown_region", "/region"),
            ({"postcode": "2012"}, "pattern", "/postcode"),
            ({"city": "上海"}, "unknown_part", "/city"),
        ),
        cells=(
            ("上海市/浦东新区 | 张江路 1 号 | 201203", {**PUDONG, "detail": "张江路 1 号"}),
            ("上海市浦东新区 张江路 1 号", {**PUDONG, "detail": "张江路 1 号", "postcode": None}),
            ("至善路 5 号", {"region": None, "detail": "至善路 5 号", "postcode": None}),
        ),
    ),
    "geo": Sample(
        "geo",
        valid=(
            *same({"lat": "31.230400", "lng": "121.473700"}, {"lat": "-90.000000", "lng": "180.000000"}),
            ({"lat": 31.2304, "lng": 121}, {"lat": "31.230400", "lng": "121.000000"}),
            ({"lat": None, "lng": ""}, None),
        ),
        wrong=(
            ({"lat": "91", "lng": "0"}, "too_large", "/lat"),
            ({"lat": "1"}, "place_incomplete", "/lng"),
            ({"lat": "1.2345678", "lng": "1"}, "too_precise", "/lat"),
            ([31, 121], "wrong_type"),
        ),
        cells=(("31.2304,121.4737", {"lat": "31.230400", "lng": "121.473700"}),),
        wrong_cells=(("31.2304", "bad_parts"),),
    ),
}
