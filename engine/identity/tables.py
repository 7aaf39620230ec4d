"""Tables of users, departments, roles and tokens."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, true

from engine.storage.columns import Json, Moment
from engine.storage.tables import metadata

department = Table(
    "ff_department",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Json, nullable=False, comment="{zh, en}"),
    Column("parent", Text, ForeignKey("ff_department.id", ondelete="RESTRICT")),
    Column("head", Text, comment="user id; not a foreign key because users belong to departments"),
    Index("ff_department_parent", "parent"),
)

user = Table(
    "ff_user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Json, nullable=False, comment="{zh, en}"),
    Column("email", Text),
    Column("phone", Text),
    Column("dept", Text, ForeignKey("ff_department.id", ondelete="RESTRICT")),
    Column("superior", Text, ForeignKey("ff_user.id", ondelete="RESTRICT")),
    Column("locale", Text, nullable=False, server_default="zh"),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("password_hash", Text, comment="argon2id; null: cannot log in with a password"),
    Column("created_at", Moment, nullable=False),
    Index("ff_user_dept", "dept"),
    Index("ff_user_superior", "superior"),
)

user_role = Table(
    "ff_user_role",
    metadata,
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),
    Index("ff_user_role_role", "role"),
)

token = Table(
    "ff_token",
    metadata,
    Column("hash", Text, primary_key=True, comment="SHA-256 of the token; the token itself is kept nowhere"),
    Column("id", Text, nullable=False, unique=True),
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, comment="session or api"),
    Column("label", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, comment="null: until it is revoked"),
    Index("ff_token_user", "user"),
)
