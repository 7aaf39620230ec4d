"""What a report needs from its store, in process or behind a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reports.store.tables import ReplicaTable


@dataclass(frozen=True, slots=True)
class StoreQuery:
    """SQL over tables of the replica, as compiled for one version of an app. `params` are bound by name."""

    app: str
    version: int
    tables: tuple[ReplicaTable, ...]
    sql: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoreRows:
    """The rows, and the position of the log they show. `stale`: later changes could not be waited for."""

    rows: Sequence[tuple[Any, ...]]
    pos: int
    stale: bool = False


class ReportStore(Protocol):
    """Answers queries from data that is at least as new as the log was when asked."""

    def query(self, query: StoreQuery, *, min_pos: int | None = None) -> StoreRows:
        """The rows of a query. Raises StoreBuilding, QueryTooLong, TooManyRows, QueryTooLarge."""

    def close(self) -> None:
        """Let go of files and threads."""
