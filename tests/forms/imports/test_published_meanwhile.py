"""The app is published anew while a file is imported: no row is saved the old way, none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from forms.imports import sets
from tests.forms.evolution.ledger import Ledger
from tests.forms.imports.desk import run_import, workbook

ROWS = (["title", "short_name"], ["a", "1"], ["b", "2"], ["c", "3"])


@pytest.fixture(params=["quick", "careful"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ledger(runtime: Any, people: Any, way: str) -> Ledger:
    made = Ledger(runtime)
    if way == "quick":
        made.remove("rows")
        made.remove("period")
        made.publish()
    return made


def importing(
    ledger: Ledger,
    way: str,
    change: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    **options: Any,
) -> Any:
    """The import of ROWS, one record a set; before the second one the app is changed and published."""
    monkeypatch.setattr(sets, "SET", 1)
    monkeypatch.setattr(sets, "QUICK_SET", 1)
    real, count = sets.Sets._one_set, [0]

    def one_set(self: sets.Sets, *given: Any, **more: Any) -> None:
        assert (self.plan is not None) == (way == "quick")
        count[0] += 1
        if count[0] == 2:
            change()
            ledger.publish()
        real(self, *given, **more)

    monkeypatch.setattr(sets.Sets, "_one_set", one_set)
    return run_import(ledger.runtime, "entry", workbook(*ROWS), tmp_path, app="ledger", **options)


def saved(ledger: Ledger, form: str = "entry") -> list[tuple[Any, Any]]:
    compiled = ledger.form(form)
    with ledger.runtime.reading(SYSTEM) as work:
        ids = [row[0] for row in work.rows(f"SELECT id FROM {compiled.table} ORDER BY id")]
    records = [ledger.load(each, form) for each in ids]
    return [(each["title"], each.get("short_name")) for each in records]


def test_later_rows_are_saved_in_the_type_of_the_new_version(ledger, way, tmp_path, monkeypatch):
    def change() -> None:
        ledger.field("short_name")["type"] = "int"

    done = importing(ledger, way, change, tmp_path, monkeypatch)
    assert (done.state, done.report["counts"]["inserted"]) == ("done", 3)
    assert saved(ledger) == [("a", 1), ("b", 2), ("c", 3)]


def test_later_rows_follow_a_form_that_is_renamed(ledger, way, tmp_path, monkeypatch):
    def change() -> None:
        form = ledger.source["form"].pop("entry")
        ledger.source["form"]["note"] = {**form, "key": "note", "renamed_from": "entry"}

    done = importing(ledger, way, change, tmp_path, monkeypatch)
    assert (done.state, done.report["counts"]["inserted"]) == ("done", 3)
    assert saved(ledger, "note") == [("a", "1"), ("b", "2"), ("c", "3")]
    with ledger.runtime.reading(SYSTEM) as work:
        logged = work.rows("SELECT form FROM ff_change WHERE source = 'import' ORDER BY id")
    assert logged == [("entry",), ("note",), ("note",)]


@pytest.mark.parametrize(("errors", "kept", "state"), [("skip", ["a"], "failed"), ("all", [], "failed")])
def test_a_column_that_fits_no_field_any_more_ends_the_import(
    ledger, way, tmp_path, monkeypatch, errors, kept, state
):
    def change() -> None:
        field = ledger.field("short_name")
        field.update(key="nickname", renamed_from="short_name", label={"zh": "昵称", "en": "Nickname"})

    done = importing(ledger, way, change, tmp_path, monkeypatch, errors=errors)
    (finding,) = done.report["findings"]
    assert (done.state, finding["code"], done.report["details"]) == (
        state, "form_changed_meanwhile", {"columns": ["short_name"]},
    )  # fmt: skip
    assert [title for title, _ in saved(ledger)] == kept
