"""Writes the scale set of the CRM: `python -m examples.generate_crm_scale --orders 10000 FOLDER`.

The files are written like those of the demo and in its order, row by row, so that ten million orders need no
more memory than ten. Every value follows from its number; `totals` says what reports over the orders give.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from examples.crm_scale.orders import totals
from examples.crm_scale.rows import tables


def write(folder: Path, orders: int) -> Iterator[tuple[str, int]]:
    """Write all files of the set; yields (name, rows) as each is done."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (columns, rows) in tables(orders).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            count = 0
            for row in rows:
                writer.writerow(row)
                count += 1
        yield name, count


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000, help="how many, at most 10,000,000")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    if not 1000 <= asked.orders <= 10_000_000:
        parser.error("--orders is from 1,000 to 10,000,000")
    for name, count in write(asked.folder, asked.orders):
        sys.stdout.write(f"{name:24} {count:12,}\n")
    found = totals(asked.orders)
    sys.stdout.write(f"standard {found.standard:,}, returns {found.returns:,}, void {found.void:,}\n")
    sys.stdout.write(f"total {found.total / 100:,.2f}, region 0 {found.by_region[0] / 100:,.2f}\n")


if __name__ == "__main__":
    main()
