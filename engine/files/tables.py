"""The tables of files and of the records that hold them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false, text

from engine.storage.columns import BigId, Json, Moment, RecordId
from engine.storage.tables import metadata

file = Table(
    "ff_file",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False, comment="receiving stored removing"),
    Column("name", Text, nullable=False, comment="as people see it; never part of a path"),
    Column("size", BigId, nullable=False, comment="bytes"),
    Column("type", Text, comment="media type, found in the content"),
    Column("sha256", Text, comment="of the bytes as they were uploaded"),
    Column("place", Text, nullable=False, comment="key in the store"),
    Column("width", Integer, comment="pixels, as the image is shown"),
    Column("height", Integer),
    Column("about", Json, comment="what the picture says of itself: taken_at lat lng camera software"),
    Column("source", Text, comment="camera or gallery, as the client says"),
    Column("stripped", Boolean, nullable=False, server_default=false(), comment="metadata was removed"),
    Column("uploaded_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("loose_since", Moment, comment="since when no record holds it; null: one does"),
    Index(
        "ff_file_loose",
        "uploaded_by",
        "loose_since",
        sqlite_where=text("loose_since IS NOT NULL"),
        postgresql_where=text("loose_since IS NOT NULL"),
    ),
    Index("ff_file_content", "sha256"),
)

file_link = Table(
    "ff_file_link",
    metadata,
    Column("file", Text, ForeignKey("ff_file.id", ondelete="CASCADE"), primary_key=True),
    Column("record", RecordId, primary_key=True),
    Column("field", Text, primary_key=True, comment="photo, or lines.photo of a child table"),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, comment="when the record let go of it; null: it holds it"),
    Index("ff_file_link_record", "record"),
)
