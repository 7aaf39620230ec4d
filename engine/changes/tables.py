"""Tables of the operation log: what was done beside saves of records, and the seals over both."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from engine.storage.columns import BigId, Json, Moment
from engine.storage.tables import metadata

operation = Table(
    "ff_operation",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pos", BigId, comment="dense commit order, given by the sequencer"),
    Column("at", Moment, nullable=False),
    Column("action", Text, nullable=False, comment="what was done, e.g. login, export, publish"),
    Column("subject", Text, nullable=False, comment="what it was done to: a user, a form, a document"),
    Column("app", Text),
    Column("actor", Text, nullable=False, comment="empty: nobody was logged in"),
    Column("source", Text, nullable=False),
    Column("cause", BigId, comment="the change that led to this"),
    Column("batch", Text),
    Column("request", Text),
    Column("address", Text),
    Column("details", Text, nullable=False, comment="a JSON object, its keys by name"),
    Index(
        "ff_operation_pos",
        "pos",
        unique=True,
        sqlite_where=text("pos IS NOT NULL"),
        postgresql_where=text("pos IS NOT NULL"),
    ),
    Index(
        "ff_operation_unsequenced",
        "id",
        sqlite_where=text("pos IS NULL"),
        postgresql_where=text("pos IS NULL"),
    ),
    Index("ff_operation_action", "action", "id"),
    Index("ff_operation_actor", "actor", "id"),
    Index("ff_operation_subject", "subject", "id"),
)

block = Table(
    "ff_log_block",
    metadata,
    Column("stream", Text, primary_key=True, comment="change or operation"),
    Column("number", Integer, primary_key=True, comment="1, 2, 3 … without a gap"),
    Column("first", BigId, nullable=False, comment="position of the first row"),
    Column("last", BigId, nullable=False, comment="position of the last row"),
    Column("earliest", Moment, nullable=False),
    Column("latest", Moment, nullable=False),
    Column(
        "holds", Json, nullable=False, comment="which actors, apps, forms, actions … occur: for searching"
    ),
    Column("digest", Text, nullable=False, comment="over the digests of the rows"),
    Column("tags", LargeBinary, nullable=False, comment="8 bytes of the digest of each row, to name one"),
    Column("hash", Text, nullable=False, comment="over this block and the hash of the one before"),
    Column("signature", Text, comment="of the hash, where the installation has a key file"),
    Column("salt", LargeBinary, comment="what the salts of all values come from; null once one was erased"),
    Column("salts", Json, comment="after an erasure: the salts of the other rows, by id"),
    Column("sealed_at", Moment, nullable=False),
    Column("dropped_at", Moment, comment="when its rows were removed because they were old enough"),
    Index("ff_log_block_last", "stream", "last"),
)

erased = Table(
    "ff_log_erased",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("entry", BigId, primary_key=True, comment="its id"),
    Column("digest", Text, nullable=False, comment="of the values as they were sealed"),
    Column("salt", Text, nullable=False, comment="of the values that are left"),
    Column("remaining", Text, nullable=False, comment="digest of the values that are left"),
    Column("operation", BigId, nullable=False, comment="id of the row that says who erased, what and why"),
)
