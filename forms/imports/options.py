"""What an import is asked to do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.protocols import Document

Mode = Literal["insert", "update", "upsert"]


class ImportOptions(Document):
    """`on` are the fields that tell which record a row means, for update and upsert: `id`, or any that are
    unique together. `errors`: skip bad rows, or all or nothing. `mapping` names for a header of the file
    the field it fills (`lines.product` for child rows), "" for none; headers that it does not name are
    recognised by key or label. `group` are headers or fields whose equal values, in rows that stand
    together, make these rows child rows of one record; an empty cell goes on with the record above.
    `by` names for a reference field the field of the other form that its cells hold. `header_row` is the number of
    the row with the titles of the columns, of two such rows the lower one; without it the row is looked for.
    """

    mode: Mode = "insert"
    on: tuple[str, ...] = Field(default=(), max_length=8)
    errors: Literal["skip", "all"] = "skip"
    dry_run: bool = False
    mapping: dict[str, str] = Field(default_factory=dict)
    by: dict[str, str] = Field(default_factory=dict)
    group: tuple[str, ...] = Field(default=(), max_length=8)
    sheet: str | None = None
    header_row: int | None = Field(default=None, ge=1, le=1000)
    encoding: str | None = Field(default=None, max_length=40)
    separator: str | None = Field(default=None, min_length=1, max_length=1)
