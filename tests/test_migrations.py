"""Migrations lead to the very tables that the code describes."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from api.boot import metadata
from api.migrations import NotMigrated, head, require_current, scripts, upgrade
from engine.storage.database import Database

COLUMNS = """
SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
CONSTRAINTS = """
SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2, 3
"""
SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"


@pytest.fixture
def empty_url(database_url, database_name, tmp_path):
    """A database without any table."""
    if database_name == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    database = Database(database_url)
    with database.writer.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    database.close()
    return database_url


@pytest.fixture
def database(empty_url):
    made = Database(empty_url)
    yield made
    made.close()


def described(connection):
    """Everything the database says about its tables, without alembic's own."""
    if connection.dialect.name == "postgresql":
        found = [
            tuple(row) for sql in (COLUMNS, INDEXES, CONSTRAINTS) for row in connection.execute(sa.text(sql))
        ]
    else:
        # the order of columns and constraints within a statement means nothing, nor does where its lines end
        found = [
            (name, sorted(part for line in re.split("[\n,]", sql) if (part := line.strip())))
            for name, sql in connection.execute(sa.text(SQLITE))
        ]
    return sorted(re.sub(r"[\s\"]+", " ", str(row)) for row in found if "ff_alembic_version" not in str(row))


def test_migrated_tables_are_the_described_ones(database):
    upgrade(database)
    with database.writer.begin() as connection:
        migrated = described(connection)
        for table in reversed(metadata().sorted_tables):
            table.drop(connection)
        metadata().create_all(connection)
        assert migrated == described(connection)


def test_migrating_again_changes_nothing(database):
    first = upgrade(database)
    assert upgrade(database) == first
    require_current(database)


def test_old_tables_are_noticed(database):
    with pytest.raises(NotMigrated):
        require_current(database)


def test_tables_of_forms_are_left_alone(database):
    with database.writer.begin() as connection:
        connection.execute(sa.text("CREATE TABLE crm_customer (id TEXT PRIMARY KEY)"))
    upgrade(database)
    with database.writer.connect() as connection:
        assert sa.inspect(connection).has_table("crm_customer")


def test_the_file_with_the_highest_number_is_the_newest_revision():
    assert head() == ScriptDirectory(str(scripts())).get_current_head()
