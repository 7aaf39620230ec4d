"""The tour, as a reader follows it: one shell, real servers, SQLite and then an empty PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.docs.pages import steps
from tests.docs.shell import shell

if TYPE_CHECKING:
    from tests.support.postgres import PostgresForTests


@pytest.fixture
def empty_postgresql(postgres_server: PostgresForTests) -> Iterator[str]:
    """A database with nothing in it, not even the platform's tables."""
    with postgres_server.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        yield url


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_of_the_tour_answers_as_the_page_says(tmp_path: Path, empty_postgresql: str) -> None:
    with shell(tmp_path, POSTGRES_URL=empty_postgresql) as opened:
        opened.follow(steps("tour.md"))
