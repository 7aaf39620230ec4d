"""run records of rules compare byte by byte

Each save that fires a rule adds a row to three indexes. On PostgreSQL they compared keys by language, which
takes several times as long. SQLite compares byte by byte anyway.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("id", "app", "rule", "occurrence")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        types = ", ".join(f'ALTER COLUMN {column} TYPE TEXT COLLATE "C"' for column in COLUMNS)
        op.execute(f"ALTER TABLE ff_rule_run {types}")
