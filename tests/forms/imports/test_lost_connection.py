"""Imports, their undo and exports go on where a lost connection left them, and save nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.errors import TryAgain
from engine.identity.principal import SYSTEM
from engine.protocols import ChangeListener, RecordChange
from engine.runtime import Runtime
from engine.storage.database import CommitUnknown, ConnectionLost
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.exports import service as exports
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from forms.imports import service, sets, undo
from forms.imports.run import ImportRun
from forms.transfers.repository import Transfer
from tests.forms.imports.desk import begin_import, run_import

NAMES = [f"u{number}" for number in range(8)]
FILE = "\n".join(["name", *NAMES]).encode()


class _Losing:
    """Loses the connection in the `at`-th transaction from now on: before it is stored, or, with `stored`, in the
    `at`-th of those that are.
    """

    def __init__(self, at: int, *, stored: bool) -> None:
        self.left, self.stored = at + 1, stored
        self.real = Runtime.unit_of_work

    def now(self) -> bool:
        self.left -= 1
        return self.left == 0

    def over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        losing = self

        @contextmanager
        def unit_of_work(runtime: Runtime, *given: Any, **named: Any) -> Iterator[UnitOfWork]:
            with losing.real(runtime, *given, **named) as work:
                try:
                    yield work
                finally:
                    if not losing.stored and losing.now():
                        raise ConnectionLost
            if losing.stored and losing.now():
                raise CommitUnknown

        monkeypatch.setattr(Runtime, "unit_of_work", unit_of_work)


def end(runtime: Runtime, transfer: Transfer) -> tuple[Transfer, int]:
    """How an import ends that is taken up again whenever its job fails, and how often it failed."""
    failed = 0
    while True:
        run = ImportRun(runtime, transfer.id)
        try:
            while run.advance(seconds=10):
                pass
        except (TryAgain, CommitUnknown):
            failed += 1
            continue
        return run.transfer(), failed


def names(runtime: Runtime) -> list[str]:
    with runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "customer")
        rows = work.rows(f"SELECT name FROM {form.table} WHERE deleted_at IS NULL ORDER BY name")
        return [name for (name,) in rows]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("errors", ["skip", "all"])
def test_an_import_goes_on_after_a_lost_connection(runtime, desk, tmp_path, monkeypatch, errors, at, stored):
    monkeypatch.setattr(sets, "SET", 3)
    monkeypatch.setattr(sets, "QUICK_SET", 3)
    monkeypatch.setattr(sets, "WHOLE", 0)
    begun = begin_import(runtime, "customer", FILE, tmp_path, errors=errors)
    _Losing(at, stored=stored).over(monkeypatch)
    done, failed = end(runtime, begun)
    assert (done.state, failed) == ("done", 1)
    assert done.report["counts"] == {"inserted": 8, "updated": 0, "unchanged": 0, "failed": 0}
    assert names(runtime) == NAMES


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", range(3))
def test_an_undo_goes_on_after_a_lost_connection(runtime, desk, tmp_path, monkeypatch, at, stored):
    monkeypatch.setattr(undo, "PIECE", 3)
    done = run_import(runtime, "customer", FILE, tmp_path)
    with runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, done.id)
    _Losing(at, stored=stored).over(monkeypatch)
    undone, failed = end(runtime, done)
    assert (undone.state, undone.report["kept"], undone.progress["done"], failed) == ("undone", [], 8, 1)
    assert names(runtime) == []


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", range(3))
def test_an_export_begins_anew_after_a_lost_connection(runtime, desk, tmp_path, monkeypatch, at, stored):
    run_import(runtime, "customer", FILE, tmp_path)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        asked = ExportOptions(format="csv", fields=("name",))
        begun = exports.begin(work, app, compiled_form(app, "customer"), asked, job=False)
    _Losing(at, stored=stored).over(monkeypatch)
    with pytest.raises((TryAgain, CommitUnknown)):
        run_export(runtime, begun.id)
    done = run_export(runtime, begun.id)
    assert (done.state, done.report["counts"]) == ("done", {"records": 8})
    assert file_of(runtime, done).read_text("utf-8-sig").split()[1:] == NAMES


class _Terminating(ChangeListener):
    """Has the server end the connection while the fifth record is saved."""

    type = "terminating"

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.left = runtime, 5

    def before_save(self, work: UnitOfWork, change: RecordChange) -> None:
        self.left -= 1
        if self.left == 0:
            [(process,)] = work.rows("SELECT pg_backend_pid()")
            with self.runtime.unit_of_work(SYSTEM) as other:
                other.rows(f"SELECT pg_terminate_backend({process:d}, 5000)")


def test_an_import_goes_on_when_the_server_ended_its_connection(runtime, desk, tmp_path, monkeypatch):
    if runtime.database.dialect != "postgres":
        pytest.skip("SQLite has no server")
    monkeypatch.setattr(sets, "SET", 3)
    monkeypatch.setattr(runtime, "listeners", [*runtime.listeners, _Terminating(runtime)])
    done, failed = end(runtime, begin_import(runtime, "customer", FILE, tmp_path))
    assert (done.state, failed) == ("done", 1)
    assert names(runtime) == NAMES
