"""What people call a record: its title field; users and departments by their names."""

from __future__ import annotations

from engine.connect.values import Named
from engine.definitions.app import CompiledApp
from engine.expressions import Env
from engine.identity import repository
from engine.storage.unit_of_work import UnitOfWork


def namer(work: UnitOfWork, app: CompiledApp, env: Env, locale: str) -> Named:
    """(form, id) -> name in `locale`; the id where nothing better is known."""

    def named(form: str, identifier: str) -> str:
        if form in {"user", "dept"}:
            find = repository.user_by_id if form == "user" else repository.department_by_id
            row = find(work, identifier)
            return row["name"].get(locale, identifier) if row else identifier
        there, key = app.home(form)
        record, kind = env.follow(form, identifier), there.kind("form").get(key)
        title = record.get(kind.title) if record is not None and kind is not None else None
        return str(title) if title is not None else identifier

    return named
