"""SQL of the tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert
from forms.rows import among, listed

_INSERT = Insert("ff_search_token", ("app", "form", "token", "record", "field"))
Tokens = Mapping[str, set[str]]


def add(work: UnitOfWork, app: str, form: str, record: str, tokens: Tokens) -> None:
    """Note that fields of a record hold these tokens."""
    rows = [(app, form, each, record, field) for field, held in tokens.items() for each in sorted(held)]
    if rows:
        work.insert(_INSERT, rows)


def remove(work: UnitOfWork, app: str, form: str, record: str, tokens: Tokens) -> None:
    """Note that fields of a record hold these tokens no more."""
    mark = MARK[work.runtime.database.dialect]
    names = " AND ".join(f"{name} = {mark}" for name in ("app", "form", "token", "record", "field"))
    rows = [(app, form, each, record, field) for field, held in tokens.items() for each in sorted(held)]
    if rows:
        work.run_many(f"DELETE FROM ff_search_token WHERE {names}", rows)


def forget(work: UnitOfWork, records: Sequence[str]) -> None:
    """Drop everything that is known of these records."""
    dialect = work.runtime.database.dialect
    text = f"DELETE FROM ff_search_token WHERE record {among(dialect)}"
    work.run(text, (listed(records, dialect),))


def candidates(
    work: UnitOfWork,
    app: str,
    forms: Sequence[str],
    *,
    pairs: Iterable[str],
    singles: Iterable[str],
    before: str | None,
    limit: int,
) -> list[tuple[str, str]]:
    """(form, record) of records that hold all these tokens in some field, the newest first, below `before`."""
    dialect = work.runtime.database.dialect
    mark = MARK[dialect]
    wanted = sorted(set(pairs))
    conditions, params = [f"t.app = {mark}", f"t.form {among(dialect)}"], [app, listed(forms, dialect)]
    if wanted:
        conditions.append(f"t.token {among(dialect)}")
        params.append(listed(wanted, dialect))
    singles = sorted(set(singles))
    if not wanted and singles:
        conditions.append(_begins(mark, "t"))
        params += _span(singles.pop())
    if before is not None:
        conditions.append(f"t.record < {mark}")
        params.append(before)
    for single in singles:
        conditions.append(
            "EXISTS (SELECT 1 FROM ff_search_token AS o WHERE o.record = t.record AND o.app = t.app "
            f"AND o.form = t.form AND {_begins(mark, 'o')})"
        )
        params += _span(single)
    text = f"SELECT t.form, t.record FROM ff_search_token AS t WHERE {' AND '.join(conditions)}"
    text += " GROUP BY t.form, t.record"
    if wanted:
        text += f" HAVING count(DISTINCT t.token) = {mark}"
        params.append(len(wanted))
    found = work.rows(f"{text} ORDER BY t.record DESC LIMIT {mark}", [*params, limit])
    return [(row[0], row[1]) for row in found]


def _begins(mark: str, alias: str) -> str:
    return f"substr({alias}.token, 1, 1) = {mark}"


def _span(single: str) -> list[Any]:
    return [single]
