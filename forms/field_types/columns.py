"""`columns`: the fields that follow stand side by side, up to the next thing that arranges the form."""

from __future__ import annotations

from pydantic import Field

from forms.layout import Layout, LayoutDocument


class ColumnsOptions(LayoutDocument):
    """`count` fields stand in one line."""

    count: int = Field(default=2, ge=1, le=4)


class Columns(Layout):
    type = "columns"
    Options = ColumnsOptions
