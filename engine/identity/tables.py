"""Tables of users, departments, roles, tokens and logins."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false, true

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

token_use = Table(
    "ff_token_use",
    metadata,
    Column("token", Text, ForeignKey("ff_token.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "narrow", Json, comment="what it takes away from the owner's rights; see engine.identity.narrowing"
    ),
    Column("address", Text, comment="where it was asked for"),
    Column("agent", Text, comment="the program that asked for it"),
    Column("used_at", Moment, comment="about when it was last seen"),
)

password = Table(
    "ff_password",
    metadata,
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), primary_key=True),
    Column("set_at", Moment, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=false()),
    Column("reset_hash", Text, unique=True, comment="SHA-256 of the link that sets a new one"),
    Column("reset_until", Moment),
)

login_failure = Table(
    "ff_login_failure",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, comment="hash of the login name: people type passwords there"),
    Column("network", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ff_login_failure_name", "name", "network", "at"),
    Index("ff_login_failure_network", "network", "at"),
    Index("ff_login_failure_at", "at"),
)

known_network = Table(
    "ff_known_network",
    metadata,
    Column("name", Text, primary_key=True, comment="hash of the login name"),
    Column("network", Text, primary_key=True),
    Column("at", Moment, nullable=False, comment="of the last login from there"),
)

errand = Table(
    "ff_errand",
    metadata,
    Column("id", Text, primary_key=True, comment="of the durable work"),
    Column("narrow", Json, nullable=False, comment="the rights of the token that asked for it"),
)

outside_login = Table(
    "ff_outside_login",
    metadata,
    Column("state", Text, primary_key=True, comment="SHA-256 of the state that went to the provider"),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("network", Text, comment="where it began"),
)

outside_account = Table(
    "ff_outside_account",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ff_outside_account_user", "user"),
)

designer = Table(
    "ff_designer",
    metadata,
    Column("app", Text, primary_key=True),
    Column("user", Text, ForeignKey("ff_user.id", ondelete="CASCADE"), primary_key=True),
    Column("given_by", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
)

handover = Table(
    "ff_handover",
    metadata,
    Column("id", Text, primary_key=True, comment="also the batch of its changes in the log"),
    Column("user", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False, comment="running done undoing undone failed"),
    Column("targets", Json, nullable=False, comment="{to, rest: [{part, app, form, field, where, to}]}"),
    Column("progress", Json, nullable=False, comment="where it goes on, and what it has done so far"),
    Column("finished_at", Moment),
    Column("error", Text),
    Index("ff_handover_user", "user", "id"),
)

handover_item = Table(
    "ff_handover_item",
    metadata,
    Column("handover", Text, ForeignKey("ff_handover.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("part", Text, nullable=False),
    Column("app", Text),
    Column("form", Text),
    Column("thing", Text, nullable=False, comment="the record, task or other that changed hands"),
    Column("field", Text),
    Column("to", Text),
    Column("before", Json, comment="what it takes to undo it"),
    Column("state", Text, nullable=False, comment="moved refused undone kept"),
    Column("why", Json, comment="the problem, for what was refused"),
)
