"""Samples of numbers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.forms.sample import Sample, same

SAMPLES = {
    "int": Sample(
        "int",
        valid=(*same(0, 7, -12, 999_999_999_999_999), ("8", 8), (5.0, 5), ("", None)),
        wrong=(
            ("x", "wrong_type"),
            (1.5, "too_precise"),
            (True, "wrong_type"),
            ("1000000000000000000", "out_of_range"),
        ),
        cells=((12.0, 12), ("1,200", 1200), ("１２", 12), (" ", None), ("￥1,200", 1200)),
        wrong_cells=(("1,20", "wrong_type"), ("一百", "wrong_type"), (True, "wrong_type")),
    ),
    "int_bounded": Sample(
        "int", valid=same(1, 10), wrong=((0, "too_small"), (11, "too_large")), options={"min": 1, "max": "10"}
    ),
    "decimal": Sample(
        "decimal",
        valid=(
            (1.5, "1.500"),
            ("35.61", "35.610"),
            (3, "3.000"),
            ("-0.001", "-0.001"),
            ("9999999.999", "9999999.999"),
        ),
        wrong=(("1.0005", "too_precise"), ("abc", "wrong_type"), ("10000000", "out_of_range")),
        options={"precision": 10, "scale": 3},
        cells=((0.1 + 0.2, "0.300"), ("1,234.5", "1234.500"), ("12.5%", "0.125"), (Decimal("2.50"), "2.500")),
        wrong_cells=(("1.234,5", "wrong_type"), ("1e5", "wrong_type"), (float("nan"), "too_precise")),
    ),
    "money": Sample(
        "money",
        valid=(
            ("12.5", "12.50"),
            (0, "0.00"),
            ("9999999999999999.99", "9999999999999999.99"),
            (-3.1, "-3.10"),
        ),
        wrong=(("1.005", "too_precise"), ("0.300000000000000001", "too_precise"), ("12元", "wrong_type")),
        cells=(
            ("￥1,234.50", "1234.50"),
            ("¥ 99", "99.00"),
            ("1,200元", "1200.00"),
            ("(1,200.00)", "-1200.00"),
            ("-￥5", "-5.00"),
            (1234.5, "1234.50"),
        ),
        wrong_cells=(("12,34", "wrong_type"), (1e16, "too_precise")),
    ),
    "percent": Sample(
        "percent",
        valid=((8, "8.0000"), ("12.5", "12.5000")),
        wrong=(("12.5%", "wrong_type"), ("1.00001", "too_precise")),
        cells=(("12.5%", "12.5000"), (12.5, "12.5000"), ("８％", "8.0000")),
    ),
    "rating": Sample(
        "rating",
        valid=(*same(1, 5), ("4", 4)),
        wrong=((0, "too_small"), (6, "too_large"), (2.5, "too_precise"), ("x", "wrong_type")),
    ),
    "rating_half": Sample(
        "rating",
        valid=((0.5, "0.5"), ("3.5", "3.5"), (10, "10.0")),
        wrong=((0, "too_small"), ("3.3", "off_step"), (10.5, "too_large")),
        options={"max": 10, "half": True},
    ),
    "slider": Sample(
        "slider",
        valid=same(0, 25, 100),
        wrong=((101, "too_large"), (-5, "too_small"), (7, "off_step"), ("x", "wrong_type")),
        options={"step": 5},
    ),
    "slider_fine": Sample(
        "slider",
        valid=((-1, "-1.00"), ("0.25", "0.25"), (1, "1.00")),
        wrong=(("0.1", "off_step"), ("1.25", "too_large"), ("0.125", "too_precise")),
        options={"min": "-1", "max": "1", "step": "0.25"},
    ),
    "duration": Sample(
        "duration",
        valid=(*same(0, 90, 5_400, -60), ("3600", 3600)),
        wrong=((1.5, "too_precise"), ("1:30", "wrong_type"), (10**13, "out_of_range")),
        cells=(
            ("1:30:00", 5400),
            ("0:45", 2700),
            ("1小时30分", 5400),
            ("2天", 172_800),
            ("-1:00:00", -3600),
            (timedelta(hours=30), 108_000),
            (90.0, 90),
        ),
        wrong_cells=(("soon", "wrong_type"),),
    ),
    "duration_bounded": Sample(
        "duration",
        valid=same(60, 120),
        wrong=((59, "too_small"), (121, "too_large")),
        options={"min": 60, "max": 120},
    ),
    "number_range": Sample(
        "number_range",
        valid=(
            ({"low": 1, "high": "2.5"}, {"low": "1.0", "high": "2.5"}),
            ({"low": "-3", "high": "-3"}, {"low": "-3.0", "high": "-3.0"}),
            ({"low": None, "high": None}, None),
            ({}, None),
        ),
        wrong=(
            (5, "wrong_type"),
            ({"low": 1}, "range_incomplete", "/high"),
            ({"low": 2, "high": 1}, "range_reversed"),
            ({"low": "x", "high": 1}, "wrong_type", "/low"),
            ({"low": 1, "high": 2, "mid": 1}, "unknown_part", "/mid"),
            ({"low": 1, "high": 101}, "too_large", "/high"),
        ),
        options={"scale": 1, "max": 100},
        cells=(("1 ~ 2.5", {"low": "1.0", "high": "2.5"}), ("1～9", {"low": "1.0", "high": "9.0"})),
        wrong_cells=(("1", "bad_parts"), ("a~b", "wrong_type")),
    ),
}
