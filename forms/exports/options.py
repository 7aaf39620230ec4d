"""What an export is asked to hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.protocols import Document


class ExportOptions(Document):
    """`filter` and `sort` as of lists. `fields` are names such as `name`, `customer` or `lines.qty`; without
    any the file holds all fields that the person sees, the id first, so that it can be imported again.
    """

    format: Literal["xlsx", "csv"] = "xlsx"
    language: Literal["zh", "en"] = "zh"
    filter: str | dict[str, Any] | None = None
    sort: str | None = None
    fields: tuple[str, ...] = Field(default=(), max_length=300)
    headers: Literal["label", "key"] = "label"
