"""The table of roles that somebody holds for a time."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from engine.storage.columns import Moment
from engine.storage.tables import metadata

temporary_role = Table(
    "ff_temporary_role",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),
    Column("begins", Moment, nullable=False),
    Column("ends", Moment, nullable=False, comment="ended early: that moment"),
    Column("why", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    Index("ff_temporary_role_user", "user", "ends"),
    Index("ff_temporary_role_role", "role", "ends"),
)
