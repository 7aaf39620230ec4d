"""The words of searched fields: one row for each two characters that stand side by side."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from engine.storage.columns import RecordId
from engine.storage.tables import metadata

token = Table(
    "ff_search_token",
    metadata,
    Column("app", Text, primary_key=True),
    Column("form", Text, primary_key=True),
    Column("token", Text, primary_key=True, comment="two characters, or a word of one"),
    Column("record", RecordId, primary_key=True),
    Column("field", Text, primary_key=True),
    Index("ff_search_token_record", "record"),
    sqlite_with_rowid=False,
)
