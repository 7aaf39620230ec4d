"""Tables of the rules: what fired, what is due, what waits."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, false

from engine.storage.columns import BigId, Json, Key, Moment, RecordId
from engine.storage.tables import metadata

run = Table(
    "ff_rule_run",
    metadata,
    Column("id", Key, primary_key=True),
    Column("app", Key, nullable=False),
    Column("rule", Key, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", RecordId, nullable=False),
    Column("occurrence", Key, nullable=False, comment="the change or the anchor that this firing answers"),
    Column("state", Text, nullable=False, comment="done failed waiting cancelled"),
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, comment="time rules: when it should have fired"),
    Column("late", Boolean, nullable=False, server_default=false()),
    Column("finished_at", Moment),
    Column("cause", BigId, comment="the change that led here"),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, comment="of the app"),
    Column("matched", Json, nullable=False, comment="the values that the condition read"),
    Column("actions", Json, nullable=False, comment="what was done, in order"),
    Column("error", Json),
    UniqueConstraint("app", "rule", "record", "occurrence", name="ff_rule_run_once"),
    Index("ff_rule_run_rule", "app", "rule", "id"),
)

due = Table(
    "ff_rule_due",
    metadata,
    Column("record", RecordId, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Column("occurrence", Text, nullable=False, comment="the anchor that the due time is counted from"),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False, comment="armed, idle (condition was false), fired or passed over"),
    Column("job", Text, comment="the timer while armed"),
    Index("ff_rule_due_rule", "app", "rule", "due_at"),
)

sequence = Table(
    "ff_rule_sequence",
    metadata,
    Column("run", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="the version whose rule goes on"),
    Column("rule", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", RecordId, nullable=False),
    Column("position", Integer, nullable=False, comment="the step to go on with"),
    Column("due_at", Moment, nullable=False),
    Column("names", Json, nullable=False, comment="what earlier steps created"),
    Column("job", Text, nullable=False),
    Index("ff_rule_sequence_record", "record"),
    Index("ff_rule_sequence_rule", "app", "rule"),
)

__all__ = ["due", "run", "sequence"]
