"""operation log"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Json, Moment

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ff_change", sa.Column("request", sa.Text(), nullable=True))
    op.add_column("ff_change", sa.Column("address", sa.Text(), nullable=True))
    _operations()
    _reads()
    op.create_table(
        "ff_log_block",
        sa.Column("stream", sa.Text(), nullable=False, comment="change or operation"),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3 … without a gap"),
        sa.Column("first", BIG_ID, nullable=False, comment="position of the first row"),
        sa.Column("last", BIG_ID, nullable=False, comment="position of the last row"),
        sa.Column("earliest", Moment(), nullable=False),
        sa.Column("latest", Moment(), nullable=False),
        sa.Column("holds", Json(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("salts", Json(), nullable=True),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.Column("dropped_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "number"),
    )
    op.create_index("ff_log_block_last", "ff_log_block", ["stream", "last"], unique=False)
    op.create_table(
        "ff_log_erased",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("entry", BIG_ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("remaining", sa.Text(), nullable=False),
        sa.Column("operation", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("stream", "entry"),
    )


def _operations() -> None:
    op.create_table(
        "ff_operation",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("pos", BIG_ID, nullable=True, comment="dense commit order, given by the sequencer"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", BIG_ID, nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _positions("ff_operation")
    for column in ("action", "actor", "subject"):
        op.create_index(f"ff_operation_{column}", "ff_operation", [column, "id"], unique=False)


def _reads() -> None:
    op.create_table(
        "ff_read",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("pos", BIG_ID, nullable=True, comment="dense commit order, given by the sequencer"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("records", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_read_key", "ff_read", ["key"], unique=True)
    _positions("ff_read")


def _positions(table: str) -> None:
    for name, column, condition in (
        (f"{table}_pos", "pos", "pos IS NOT NULL"),
        (f"{table}_unsequenced", "id", "pos IS NULL"),
    ):
        op.create_index(
            name,
            table,
            [column],
            unique=column == "pos",
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
