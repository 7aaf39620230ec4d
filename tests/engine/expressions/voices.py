"""The five back ends that give an expression its meaning; each must say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from engine.expressions import CheckedExpression
from tests.engine.expressions.stores import DuckStore, PostgresStore, SqliteStore, Store
from tests.engine.expressions.world import SHANGHAI, environment
from tests.support.postgres import running_postgres


@dataclass(frozen=True)
class Situation:
    """A record in memory form, what it was before the change, the JSON both come from, and the app's zone."""

    record: Mapping[str, Any]
    source: str
    zone: str = SHANGHAI
    old: Mapping[str, Any] | None = None


class Voice(Protocol):
    """One back end."""

    name: str

    def covers(self, checked: CheckedExpression) -> bool:
        """Whether it has all functions of this expression."""

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        """The value in memory form."""

    def answers(
        self, expressions: Sequence[CheckedExpression], situations: Sequence[Situation]
    ) -> list[list[Any]]:
        """The values of several expressions in several situations of one zone."""

    def forget(self) -> None:
        """Drop the records of situations asked about."""


class _InMemory:
    def covers(self, checked: CheckedExpression) -> bool:
        return True

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        raise NotImplementedError

    def answers(
        self, expressions: Sequence[CheckedExpression], situations: Sequence[Situation]
    ) -> list[list[Any]]:
        return [[self.answer(each, situation) for each in expressions] for situation in situations]

    def forget(self) -> None:
        """Nothing is kept."""


class Compiled(_InMemory):
    """The Python function compiled at publish."""

    name = "python"

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        env = environment(situation.zone, old=situation.old)
        return checked.evaluate(situation.record, env)


class Traced(_InMemory):
    """The tracing evaluator."""

    name = "trace"

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        env = environment(situation.zone, old=situation.old)
        return checked.program.value(situation.record, env.parent, env)


class InDatabase:
    """Lowered SQL in one database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.name = store.dialect

    def covers(self, checked: CheckedExpression) -> bool:
        return checked.pushable

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        return self.store.evaluate(checked, situation.record, situation.source, situation.zone)

    def answers(
        self, expressions: Sequence[CheckedExpression], situations: Sequence[Situation]
    ) -> list[list[Any]]:
        keys = [self.store.keep(each.record, each.source) for each in situations]
        return self.store.table(expressions, keys, situations[0].zone)

    def forget(self) -> None:
        self.store.clear()


@contextmanager
def postgres_urls(count: int) -> Iterator[list[str]]:
    """So many fresh PostgreSQL databases without tables."""
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres(sa.MetaData()))
        yield [stack.enter_context(server.database()) for _ in range(count)]


@contextmanager
def voices(url: str) -> Iterator[tuple[Voice, ...]]:
    """All five, the compiled Python first; `url` is an empty PostgreSQL database."""
    stores = (SqliteStore(), PostgresStore(url), DuckStore())
    try:
        yield (Compiled(), Traced(), *(InDatabase(store) for store in stores))
    finally:
        for store in stores:
            store.connection.close()
