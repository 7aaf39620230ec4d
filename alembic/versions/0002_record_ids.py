"""record ids compare byte by byte

On PostgreSQL a join between a table of a form and one of the platform found no index while the two compared
text differently. SQLite compares byte by byte anyway.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "ff_change",
    "ff_record_lock",
    "ff_record_share",
    "ff_recycled",
    "ff_notification",
    "ff_file_link",
    "ff_flow_instance",
    "ff_rule_run",
    "ff_rule_due",
    "ff_rule_sequence",
    "ff_search_token",
    "ff_comment",
    "ff_public_entry",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN record TYPE TEXT COLLATE "C"')
