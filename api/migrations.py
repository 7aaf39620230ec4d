"""Bring the platform's own tables up to date with the alembic scripts that ship with the product."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.errors import EngineError
from engine.storage.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

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
    with database.writer.begin() as connection:
        if database.dialect == "postgres":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _current(connection) != head():
            _run(connection)
        return _current(connection) or ""


def require_current(database: Database) -> None:
    """Raises NotMigrated unless the tables are those of this release."""
    with database.writer.connect() as connection:
        if _current(connection) != head():
            raise NotMigrated(details={"expected": head()})


def head() -> str:
    """The newest revision: their files begin with their numbers. Nothing is loaded to know it."""
    return max(path.name for path in (scripts() / "versions").glob("[0-9]*.py")).partition("_")[0]


def _run(connection: sa.Connection) -> None:
    from alembic import command  # takes a moment to load, and most commands find the tables up to date

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()
    return None if found is None else str(found)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config
