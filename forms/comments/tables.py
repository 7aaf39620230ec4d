"""Comments, each a row."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from engine.storage.columns import Json, Moment, RecordId
from engine.storage.tables import metadata

comment = Table(
    "ff_comment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", RecordId, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("mentions", Json, nullable=False, comment="ids of the users who were told"),
    Column("answers", Text, comment="the comment that this one answers"),
    Column("edited_at", Moment),
    Column("removed_at", Moment, comment="its place stays, its text is gone"),
    Index("ff_comment_record", "record", "id"),
)
