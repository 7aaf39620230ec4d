"""What a transaction remembers, set back when a part of it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.storage.unit_of_work import UnitOfWork


@contextmanager
def undone(work: UnitOfWork) -> Iterator[None]:
    """When the block fails, what the transaction remembered in it is forgotten with what it wrote."""
    before = {key: dict(value) if type(value) is dict else value for key, value in work.memory.items()}
    try:
        yield
    except Exception:
        work.memory.clear()
        work.memory.update(before)
        raise
