"""tokens, logins, designers and handovers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tokens_and_passwords()
    _logins()
    _outside()
    _handovers()


def _tokens_and_passwords() -> None:
    op.create_table(
        "ff_token_use",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("narrow", Json(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["token"], ["ff_token.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_table(
        "ff_password",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reset_hash", sa.Text(), nullable=True),
        sa.Column("reset_until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user"),
        sa.UniqueConstraint("reset_hash"),
    )
    op.create_table(
        "ff_errand",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("narrow", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _logins() -> None:
    op.create_table(
        "ff_login_failure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_login_failure_name", "ff_login_failure", ["name", "network", "at"], unique=False)
    op.create_index("ff_login_failure_network", "ff_login_failure", ["network", "at"], unique=False)
    op.create_index("ff_login_failure_at", "ff_login_failure", ["at"], unique=False)
    op.create_table(
        "ff_known_network",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", "network"),
    )


def _outside() -> None:
    op.create_table(
        "ff_outside_login",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("state"),
    )
    op.create_table(
        "ff_outside_account",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    op.create_index("ff_outside_account_user", "ff_outside_account", ["user"], unique=False)
    op.create_table(
        "ff_designer",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("app", "user"),
    )


def _handovers() -> None:
    op.create_table(
        "ff_handover",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("targets", Json(), nullable=False),
        sa.Column("progress", Json(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_handover_user", "ff_handover", ["user", "id"], unique=False)
    op.create_table(
        "ff_handover_item",
        sa.Column("handover", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("to", sa.Text(), nullable=True),
        sa.Column("before", Json(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", Json(), nullable=True),
        sa.ForeignKeyConstraint(["handover"], ["ff_handover.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("handover", "number"),
    )
