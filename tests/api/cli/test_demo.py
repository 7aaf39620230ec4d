"""The demo: prepared once, kept afterwards, on this machine only."""

from __future__ import annotations

import shutil

import pytest

from api.boot import build
from api.cli.demo import APP, PASSWORD, NotLoopback, crm_folder, prepare, run_demo
from api.cli.demo_data import DemoBroken, load_records
from engine.changes.log import bring_to_head
from engine.identity.principal import SYSTEM
from engine.identity.service import principal_of
from engine.identity.sessions import Sessions
from engine.settings import Settings
from forms.api_records import get_json
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json
from forms.search.find import search_json


@pytest.fixture(scope="module")
def demo(demo_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("own") / "demo"
    shutil.copytree(demo_home, home)
    runtime = build(Settings(home=home))
    yield runtime
    runtime.close()


def listed(runtime, user, form, **query):
    with runtime.reading(SYSTEM) as work:
        principal = principal_of(work, user)
    with runtime.reading(principal) as work:
        app = work.app(APP)
        return list_json(work, app, compiled_form(app, form), ListQuery(count="exact", **query))


def test_every_form_has_its_records(demo):
    counts = {
        form: listed(demo, "root", form)["count"]
        for form in ("region", "customer", "quote", "order", "activity")
    }
    assert counts == {"region": 12, "customer": 300, "quote": 160, "order": 400, "activity": 620}


def test_serial_numbers_go_on_after_those_of_the_demo(demo):
    numbers = [each["no"] for each in listed(demo, "root", "quote", sort="-no", limit=1)["items"]]
    assert numbers[0].startswith("QT-2026")


def test_child_rows_and_formulas_are_there(demo):
    [quote] = listed(demo, "root", "quote", sort="no", limit=1)["items"]
    with demo.reading(SYSTEM) as work:
        app = work.app(APP)
        whole = get_json(work, app, compiled_form(app, "quote"), quote["id"])
    assert whole["lines"]
    assert float(whole["list_total"]) == sum(float(line["list_amount"]) for line in whole["lines"])


def test_records_of_the_demo_are_found(demo):
    with demo.reading(SYSTEM) as work:
        principal = principal_of(work, "root")
    with demo.reading(principal) as work:
        found = search_json(work, work.app(APP), "苏州", limit=5)
    assert len(found["items"]) == 5
    assert all("苏州" in each["excerpt"] for each in found["items"])


def test_pictures_of_the_demo_are_held_by_their_records(demo):
    with demo.reading(SYSTEM) as work:
        [(stored,)] = work.rows("SELECT count(*) FROM ff_file")
        [(held,)] = work.rows("SELECT count(DISTINCT file) FROM ff_file_link")
    assert 0 < stored == held


def test_demo_users_log_in_with_the_demo_password_and_see_their_own(demo):
    assert Sessions(demo).check_password("li", PASSWORD) == "li"
    seen = listed(demo, "li", "opportunity", limit=500)
    assert seen["count"] < 220
    assert {each["owner"] for each in seen["items"]} == {"li"}


def test_second_start_keeps_everything(demo):
    def state():
        with demo.reading(SYSTEM) as work:
            return bring_to_head(work), work.app(APP).version

    before = state()
    prepare(demo, crm_folder())
    assert state() == before


def test_broken_row_is_named_by_file_and_line(demo, tmp_path):
    (tmp_path / "01_region.csv").write_text("code,name,unit,manager\nX1,甲,east,wang\nX2,乙,nowhere,wang\n")
    with pytest.raises(DemoBroken) as refused:
        load_records(demo, APP, tmp_path)
    assert "01_region.csv:3" in refused.value.message["en"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])
def test_demo_listens_on_this_machine_only(host, tmp_path):
    with pytest.raises(NotLoopback):
        run_demo(Settings(home=tmp_path, host=host))
