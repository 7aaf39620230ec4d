"""Child rows that are unique among those of all records: whether another record has what a row is about to take.

The database has the last word; this tells every such row, by its place, beside what else is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.findings import Finding
from forms.compiled import ChildTable
from forms.compute import Saving
from forms.rows import taken
from forms.uniques import double, double_row, unique_keys

Row = Mapping[str, Any]


def check_across(save: Saving) -> Iterator[Finding]:
    """What is wrong with rows that are written because they are new, changed or moved."""
    for child in save.form.children.values():
        written = _written(save, child) if child.uniques else ()
        keys = [(index, unique_keys(child, row, save.row_env)) for index, row in written]
        for rule in child.uniques:
            mine = [(index, key) for index, found in keys if (key := found[rule.column]) is not None]
            if not mine:
                continue
            known = taken(save.work, child, rule.column, [key for _, key in mine], save.after["id"])
            first: dict[str, int] = {}
            for index, key in mine:
                if key in known:
                    yield double(child, rule.column, f"/{child.key}/{index}")
                elif first.setdefault(key, index) != index:
                    yield double_row(child, rule, index, first[key])


def _written(save: Saving, child: ChildTable) -> Iterator[tuple[int, Row]]:
    before = {row["id"]: (at, row) for at, row in enumerate((save.before or {}).get(child.key, []))}
    stored = [field.key for field in child.stored()]
    for index, row in enumerate(save.after[child.key]):
        at, old = before.get(row["id"], (-1, {}))
        if at != index or any(row.get(key) != old.get(key) for key in stored):
            yield index, row
