"""Records of the demo in memory, and how they are written as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from examples.crm_demo.moments import ZONE, stamp

CENT = Decimal("0.01")


class Record(dict[str, Any]):
    """Field values; `named_by` is the unique field others refer to it by; keys with `_` are not written."""

    def __init__(self, named_by: str, **values: Any) -> None:
        super().__init__(values)
        self.named_by = named_by


def cents(amount: Decimal) -> Decimal:
    """The amount with two decimals, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def numbered(records: list[Record], pattern: str, *, by: str = "created_at") -> list[Record]:
    """The records in order of time, with serial numbers that start anew when the date part changes."""
    records.sort(key=lambda record: record[by])
    counts: dict[str, int] = {}
    for record in records:
        head = record[by].astimezone(ZONE).strftime(pattern.rpartition("-")[0])
        counts[head] = counts.get(head, 0) + 1
        digits = len(pattern.rpartition("-")[2])
        record["no"] = f"{head}-{counts[head]:0{digits}d}"
    return records


def written(value: Any) -> str:
    """A value as a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Record):
        return str(value[value.named_by])
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value)


def csv_bytes(records: Iterable[Record]) -> bytes:
    """A CSV file with one header row; columns appear in the order in which the records name them."""
    rows = list(records)
    columns = list(dict.fromkeys(key for row in rows for key in row if not key.startswith("_")))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([written(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()
