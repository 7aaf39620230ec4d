"""SQLAlchemy compiles a statement once for each engine: those of all tests of a process share what was compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.storage.database import Database

_known: dict[tuple[str, str], tuple[Any, Any]] = {}


def share_compiled(database: Database) -> None:
    """Give the engines of a database the dialects and the compiled statements of the first ones of their kind."""
    engines = {
        "write": database._write_pool,
        "read": database._read_pool,
        "plain": database.writer,
    }
    for role, engine in engines.items():
        if (database.dialect, role) not in _known:
            with engine.connect():
                """A dialect learns from its first connection what the server can do."""
            _known[database.dialect, role] = engine.dialect, engine._compiled_cache
        engine.dialect, engine._compiled_cache = _known[database.dialect, role]
