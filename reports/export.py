"""A report as CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from reports.answer import Answer

BYTE_ORDER_MARK = "\ufeff"
"""Excel reads UTF-8 only when the file says so."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
NUMBERS = frozenset({"int", "decimal", "money"})
TOTAL = {"zh": "合计", "en": "Total"}


def as_csv(answer: Answer, locale: str) -> str:
    """The table with one line of headings and the totals at the end. Text that a spreadsheet would run as
    a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(_heading(column, locale)) for column in answer.columns])
    for row in answer.rows:
        writer.writerow([_cell(column, row.get(column["id"]), locale) for column in answer.columns])
    for row in answer.totals:
        cells = [_cell(column, row.get(column["id"]), locale) for column in answer.columns]
        writer.writerow([TOTAL[locale], *cells[1:]] if cells and not cells[0] else cells)
    return out.getvalue()


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it, never as a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _heading(column: Mapping[str, Any], locale: str) -> str:
    label = str(column["label"][locale])
    if "at" not in column:
        return label
    parts = [_written(value) for value in column["at"].values()]
    return " · ".join([*parts, label])


def _cell(column: Mapping[str, Any], value: Any, locale: str) -> str:
    if value is None:
        return ""
    if column["type"] in NUMBERS:
        return str(value)
    if column.get("options") and value in column["options"]:
        return harmless(str(column["options"][value][locale]))
    return harmless(_written(value))


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value["label"] if value["label"] is not None else value["id"])
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
