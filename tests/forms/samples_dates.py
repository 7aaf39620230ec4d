"""Samples of dates and times; the app's zone is Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime, time

from tests.forms.sample import Sample, same


def cell(*parts: int) -> datetime:
    """A date of a spreadsheet, which knows no zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


SAMPLES = {
    "date": Sample(
        "date",
        valid=(*same("2026-03-01", "2024-02-29", "0001-01-01", "9999-12-31"), ("", None)),
        wrong=(("2026-02-30", "bad_date"), ("03/05/2026", "bad_date"), (20260301, "wrong_type")),
        cells=(
            (date(2026, 3, 1), "2026-03-01"),
            (cell(2026, 3, 1), "2026-03-01"),
            ("2026/3/1", "2026-03-01"),
            ("2026年3月1日", "2026-03-01"),
            ("２０２６-０３-０１", "2026-03-01"),
        ),
        wrong_cells=(
            ("03/05/2026", "ambiguous_date"),
            ("3-5-26", "ambiguous_date"),
            ("2026/13/1", "bad_date"),
            (46082.0, "wrong_type"),
            (cell(2026, 3, 1, 10), "has_time"),
        ),
    ),
    "datetime": Sample(
        "datetime",
        valid=(
            *same("2026-03-02T02:00:00Z", "2026-03-02T02:00:00.123456Z"),
            ("2026-03-02T10:00", "2026-03-02T02:00:00Z"),
            ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
            ("", None),
        ),
        wrong=(("2026-03-02", "bad_datetime"), ("soon to come later", "bad_datetime"), (5, "wrong_type")),
        cells=(
            (cell(2026, 3, 2, 10), "2026-03-02T02:00:00Z"),
            ("2026/3/2 10:00", "2026-03-02T02:00:00Z"),
            ("2026年3月2日 10时30分", "2026-03-02T02:30:00Z"),
            ("2026-03-02 10:00:05", "2026-03-02T02:00:05Z"),
            ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
            (date(2026, 3, 2), "2026-03-01T16:00:00Z"),
        ),
        wrong_cells=(("03/05/2026 10:00", "ambiguous_date"), ("2026-03-02 25:00", "bad_time")),
    ),
    "time": Sample(
        "time",
        valid=(*same("09:30", "00:00", "23:59"), ("09:30:00", "09:30"), ("", None)),
        wrong=(("24:00", "bad_time"), ("9:30", "bad_time"), ("09:30:15", "too_precise"), (930, "wrong_type")),
        cells=((time(9, 30), "09:30"), ("9:30", "09:30"), ("9时30分", "09:30"), (0.5, "12:00")),
        wrong_cells=(("noon", "bad_time"),),
    ),
    "time_seconds": Sample(
        "time",
        valid=(*same("09:30:15"), ("09:30", "09:30:00")),
        wrong=(("09:30:60", "bad_time"),),
        options={"seconds": True},
        cells=((time(9, 30, 15), "09:30:15"),),
    ),
    "month": Sample(
        "month",
        valid=(*same("2026-03", "0001-01", "9999-12"), ("", None)),
        wrong=(
            ("2026-13", "bad_month"),
            ("2026-3", "bad_month"),
            ("2026-03-01", "bad_month"),
            (202603, "wrong_type"),
        ),
        cells=(
            ("2026年3月", "2026-03"),
            ("2026/3", "2026-03"),
            (date(2026, 3, 17), "2026-03"),
            ("2026-03", "2026-03"),
        ),
    ),
    "quarter": Sample(
        "quarter",
        valid=(*same("2026-Q1", "2026-Q4"), ("", None)),
        wrong=(("2026-Q5", "bad_quarter"), ("2026Q1", "bad_quarter"), (1, "wrong_type")),
        cells=(
            ("2026年第一季度", "2026-Q1"),
            ("2026Q3", "2026-Q3"),
            ("2026年2季度", "2026-Q2"),
            (date(2026, 8, 1), "2026-Q3"),
        ),
    ),
    "year": Sample(
        "year",
        valid=(*same(2026, 1, 9999), ("2025", 2025)),
        wrong=((0, "too_small"), (10_000, "out_of_range"), ("x", "wrong_type"), (2026.5, "too_precise")),
        cells=((2026.0, 2026), ("2026年", 2026), (date(2026, 5, 1), 2026)),
    ),
    "date_range": Sample(
        "date_range",
        valid=(
            *same({"start": "2026-03-01", "end": "2026-03-31"}, {"start": "2026-03-01", "end": "2026-03-01"}),
            ({"start": "", "end": None}, None),
        ),
        wrong=(
            ("2026-03-01", "wrong_type"),
            ({"start": "2026-03-02", "end": "2026-03-01"}, "range_reversed"),
            ({"start": "2026-03-01"}, "range_incomplete", "/end"),
            ({"start": "x", "end": "2026-03-01"}, "bad_date", "/start"),
            ({"from": "2026-03-01"}, "unknown_part", "/from"),
        ),
        cells=(
            ("2026-03-01 ~ 2026-03-31", {"start": "2026-03-01", "end": "2026-03-31"}),
            ("2026/3/1至2026/3/31", {"start": "2026-03-01", "end": "2026-03-31"}),
        ),
        wrong_cells=(("2026-03-01", "bad_parts"), ("03/05/2026 ~ 04/05/2026", "ambiguous_date")),
    ),
    "date_range_open": Sample(
        "date_range",
        valid=same({"start": "2026-03-01", "end": None}, {"start": None, "end": "2026-03-01"}),
        wrong=(({"start": "2026-03-02", "end": "2026-03-01"}, "range_reversed"),),
        options={"open": True},
        cells=(("2026-03-01 ~", {"start": "2026-03-01", "end": None}),),
    ),
}
