"""Pointers into child rows as they were sent: a change names some rows, a save looks at all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.findings import Finding, Text
from engine.protocols import Record
from forms.compiled import Form

ROW = re.compile(r"/([a-z][a-z0-9_]*)/([0-9]+)(/.*)?")


def as_sent(
    findings: Iterable[Finding], form: Form, before: Record, data: Mapping[str, Any]
) -> list[Finding]:
    """What is wrong with rows of the record as it would be, told by the rows of the body. A row that is not
    among them is told at its table, by its number; without rows in the body pointers lead into the record.
    """
    tables: dict[str, dict[int, int]] = {}
    return [_as_sent(each, form, before, data, tables) for each in findings]


def _as_sent(
    finding: Finding, form: Form, before: Record, data: Mapping[str, Any], tables: dict[str, dict[int, int]]
) -> Finding:
    """One finding; `tables` keeps what is known of each table, since it may have many findings."""
    place = ROW.fullmatch(finding.pointer)
    rows = data.get(place[1]) if place is not None and place[1] in form.children else None
    if place is None or not isinstance(rows, list):
        return finding
    key, index = place[1], int(place[2])
    sent = tables.get(key)
    if sent is None:
        sent = tables[key] = _sent(before.get(key) or [], rows)
    if index in sent:
        return replace(finding, pointer=f"/{key}/{sent[index]}{place[3] or ''}")
    field = form.children[key].fields.get((place[3] or "").split("/")[-1])
    zh = f"“{field.label['zh']}”" if field is not None else ""
    en = f", {field.label['en']}" if field is not None else ""
    message = Text(
        zh=f"第 {index + 1} 行{zh}：{finding.message['zh']}",
        en=f"Row {index + 1}{en}: {finding.message['en']}",
    )
    return replace(finding, pointer=f"/{key}", message=message)


def _sent(known: Iterable[Mapping[str, Any]], rows: list[Any]) -> dict[int, int]:
    """Index in the whole list of rows -> index in the body; the list is that of `RecordReader`."""
    gone = {row.get("id") for row in rows if row.get("$delete") is True}
    standing = [row["id"] for row in known if row["id"] not in gone]
    sent = {row.get("id"): index for index, row in enumerate(rows)}
    added = [
        index for index, row in enumerate(rows) if row.get("id") is None and row.get("$delete") is not True
    ]
    found = {at: sent[key] for at, key in enumerate(standing) if key in sent}
    return found | {len(standing) + at: index for at, index in enumerate(added)}
