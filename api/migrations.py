"""Bring the platform's own tables up to date with the alembic scripts that ship with the product."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from engine.errors import EngineError
from engine.storage.database import Database

LOCK = 4_401_009
VERSION_TABLE = "ff_alembic_version"


class NotMigrated(EngineError):
    """The database was made by another release: run `fourfold migrate`."""

    code = "not_migrated"
    zh = "数据库版本与程序不一致，请运行 fourfold migrate。"


def scripts() -> Path:
    """The folder of the migrations: beside the packages in a checkout, inside `api` when installed."""
    here = Path(__file__).parent
    places = (here.parent / "alembic", here / "alembic")
    return next(place for place in places if (place / "env.py").is_file())


def upgrade(database: Database) -> str:
    """Run every migration that is missing, in one transaction; returns the revision reached.

    Several processes may call this at once: the others wait and find nothing to do.
    """
    config = _config()
    with database.writer.begin() as connection:
        if database.dialect == "postgres":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _current(connection) or ""


def require_current(database: Database) -> None:
    """Raises NotMigrated unless the tables are those of this release."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.writer.connect() as connection:
        if _current(connection) != head:
            raise NotMigrated(details={"expected": head})


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()
    return None if found is None else str(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config
