"""The tables of in-app notifications and of what calls to other systems are signed with."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from engine.storage.columns import Json, Moment, RecordId
from engine.storage.tables import metadata

notification = Table(
    "ff_notification",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("app", Text),
    Column("form", Text),
    Column("record", RecordId),
    Column("title", Text, nullable=False, comment="in the language of the reader"),
    Column("body", Text, nullable=False),
    Column("source", Text, comment="what sent it, e.g. rule:r09_no_follow_up"),
    Column("created_at", Moment, nullable=False),
    Column("read_at", Moment),
    Index("ff_notification_user", "user", "id"),
    Index(
        "ff_notification_unread",
        "user",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
)

secret = Table(
    "ff_secret",
    metadata,
    Column("app", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("hosts", Json, nullable=False, comment="the only ones it is sent to"),
    Column("sealed", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
)
