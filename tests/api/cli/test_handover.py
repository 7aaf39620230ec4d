"""Handing over and letting in again on the command line."""

from __future__ import annotations

import io
import json
import sys

import pytest
import structlog

from api.boot import build
from api.cli.main import run
from api.migrations import upgrade
from engine.definitions.publish import publish
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from engine.settings import Settings
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import SHOP
from tests.support.people import ORGANISATION


@pytest.fixture
def fourfold(monkeypatch, capsys, tmp_path):
    """`fourfold("admin", …)` in this process; the exit code and what it printed."""
    monkeypatch.setenv("FOURFOLD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    runtime = build(Settings())
    upgrade(runtime.database)
    with runtime.unit_of_work(SYSTEM) as work:
        load_organisation(work, ORGANISATION)
        publish(work, SHOP)
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("shop"), "customer")
        for number in range(3):
            records.create(work, form, {"name": f"c{number}", "owner": "li", "manager": "li"})
    runtime.close()

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["fourfold", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        with pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield call
    structlog.reset_defaults()


def owners():
    runtime = build(Settings())
    with runtime.reading(SYSTEM) as work:
        found = work.rows("SELECT owner, manager FROM shop_customer ORDER BY name")
        active = work.rows("SELECT active FROM ff_user WHERE id = 'li'")[0][0]
    runtime.close()
    return found, bool(active)


def test_without_a_successor_it_lists(fourfold):
    code, out, _ = fourfold("admin", "handover", "li")
    assert code == 0
    assert "3  records" in out
    assert "shop.customer.owner" in out
    assert owners() == ([("li", "li")] * 3, True)


def test_it_hands_over_and_takes_back(fourfold, tmp_path):
    targets = tmp_path / "targets.json"
    targets.write_text(json.dumps([{"field": "manager", "to": "wang"}]))
    code, out, err = fourfold("admin", "handover", "li", "--to", "zhou", "--targets", targets)
    assert (code, err.count("error")) == (0, 0)
    assert "→ zhou" in out
    assert owners() == ([("zhou", "wang")] * 3, False)
    identifier = out.split("handover ")[1].split(":")[0]
    code, out, _ = fourfold("admin", "handover", "li", "--undo", identifier)
    assert code == 0
    assert "undone" in out
    assert owners() == ([("li", "li")] * 3, False)


def test_mistakes_are_explained(fourfold):
    code, out, err = fourfold("admin", "handover", "li", "--to", "moon")
    assert code == 1
    assert "moon" in out + err


def test_unlock_forgets_failures(fourfold):
    assert fourfold("admin", "unlock", "li")[0] == 0
