"""`fields` with paths: along references, through lists of references, in rows of child tables."""

from __future__ import annotations

import csv

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from forms.compiled import compiled_form
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from forms.exports.service import begin
from forms.listing import ListQuery, list_json
from forms.reading_plan import UnknownField
from tests.forms.shop import field, name, option
from tests.support.prepared import prepared_by, publishing
from tests.support.statements import counted

MAKER = {"key": "maker", "label": name("maker"), "fields": [field("name", "text"), field("debts", "money")]}
PART = {
    "key": "part",
    "label": name("part"),
    "fields": [
        field("sku", "text"),
        field("cost", "money"),
        field("maker", "ref", form="maker"),
        field("fits", "refs", form="part"),
        field("kinds", "multiselect", options=option("x", "y")),
        field("sold", "date_range"),
    ],
}
DEAL = {
    "key": "deal",
    "label": name("deal"),
    "fields": [
        field("title", "text"),
        field("part", "ref", form="part"),
        field("parts", "refs", form="part"),
        field("team", "users"),
        field(
            "lines",
            "subtable",
            fields=[
                field("part", "ref", form="part"),
                field("spare", "refs", form="part"),
                field("qty", "int"),
                field("price", "money"),
                field("due", "date_range"),
            ],
        ),
    ],
}
ROLE = {
    "key": "sales_rep",
    "label": name("sales_rep"),
    "grants": [
        {"form": "deal", "actions": ["view", "export"], "fields": {"hidden": ["lines.price"]}},
        {"form": "part", "actions": ["view"], "where": 'sku <> "secret"', "fields": {"hidden": ["cost"]}},
        {"form": "maker", "actions": ["view"], "fields": {"hidden": ["debts"]}},
    ],
}
VIEW = {
    "key": "wide",
    "form": "deal",
    "label": name("wide"),
    "columns": ["title", "lines.part.sku", "parts.maker.name", "lines.price"],
}
APP = {
    "app": {"yard": {"key": "yard", "label": name("yard")}},
    "form": {each["key"]: each for each in (MAKER, PART, DEAL)},
    "role": {"sales_rep": ROLE},
    "view": {"wide": VIEW},
}
LI = Principal(user="li", roles=("sales_rep",), dept="east_js", depts=("east_js",))
RECORDS = "/apps/yard/forms/deal/records"


@pytest.fixture
@prepared_by(publishing(APP))
def root(people, as_user):
    return as_user("root")


def create(user, form, **values):
    answer = user.post(f"/apps/yard/forms/{form}/records", values)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def deal(root):
    """A deal of three parts, one of which salespeople may not see, with two lines."""
    acme = create(root, "maker", name="acme", debts="5")
    bolt = create(root, "part", sku="bolt", cost="1", maker=acme, kinds=["x", "y"])
    nut = create(root, "part", sku="nut", fits=[bolt], sold={"start": "2026-01-01", "end": "2026-02-01"})
    secret = create(root, "part", sku="secret", maker=acme)
    lines = [
        {"part": bolt, "qty": 2, "price": "3", "spare": [nut, secret]},
        {"part": None, "qty": 1, "due": {"start": "2026-03-01", "end": "2026-03-02"}},
    ]
    made = create(
        root, "deal", title="d", part=nut, parts=[nut, bolt, secret], team=["li", "wu"], lines=lines
    )
    return {"deal": made, "acme": acme, "bolt": bolt, "nut": nut, "secret": secret}


def shown(runtime, who, fields, **query):
    """The first record of the list of `who`."""
    with runtime.reading(who) as work:
        app = work.app("yard")
        asked = ListQuery(fields=fields, sort="title", **query)
        return list_json(work, app, compiled_form(app, "deal"), asked)["items"][0]


def test_objects_behind_references_have_the_id_of_each_record(runtime, root, deal):
    found = shown(runtime, SYSTEM, "part.fits,part.maker.name,part.sold")
    window = {"start": "2026-01-01", "end": "2026-02-01"}
    assert found["part"] == {"id": deal["nut"], "fits": [deal["bolt"]], "maker": None, "sold": window}


def test_lists_of_references_become_lists_of_objects_in_their_order(runtime, root, deal):
    found = shown(runtime, SYSTEM, "parts.sku,parts.maker.name,parts.kinds,team.dept")
    assert found["parts"] == [
        {"id": deal["nut"], "sku": "nut", "maker": None, "kinds": None},
        {
            "id": deal["bolt"],
            "sku": "bolt",
            "maker": {"id": deal["acme"], "name": "acme"},
            "kinds": ["x", "y"],
        },
        {"id": deal["secret"], "sku": "secret", "maker": {"id": deal["acme"], "name": "acme"}, "kinds": None},
    ]
    assert found["team"] == [{"id": "li", "dept": "east_js"}, {"id": "wu", "dept": "north"}]


def test_lists_inside_lists_and_behind_references(runtime, root, deal):
    found = shown(runtime, SYSTEM, "parts.fits.sku,part.fits.maker.name,parts.sold")
    bolt = {"id": deal["bolt"], "maker": {"id": deal["acme"], "name": "acme"}}
    assert found["part"] == {"id": deal["nut"], "fits": [bolt]}
    assert found["parts"][0]["fits"] == [{"id": deal["bolt"], "sku": "bolt"}]
    assert found["parts"][0]["sold"] == {"start": "2026-01-01", "end": "2026-02-01"}
    assert found["parts"][1]["fits"] is None
    assert found["parts"][1]["sold"] is None


def test_rows_of_a_child_table_show_what_is_asked(runtime, root, deal):
    found = shown(runtime, SYSTEM, "lines.part.maker.name,lines.spare.sku,lines.due")
    first, second = found["lines"]
    assert set(first) == {"id", "part", "spare", "due"}
    assert first["part"] == {"id": deal["bolt"], "maker": {"id": deal["acme"], "name": "acme"}}
    assert [each["sku"] for each in first["spare"]] == ["nut", "secret"]
    assert (second["part"], second["due"]) == (None, {"start": "2026-03-01", "end": "2026-03-02"})
    whole = shown(runtime, SYSTEM, "lines,lines.part.sku")["lines"][0]
    assert (whole["qty"], whole["price"], whole["part"]) == (2, "3.00", {"id": deal["bolt"], "sku": "bolt"})


def test_what_the_reader_may_not_see_is_not_behind_a_path(runtime, root, deal):
    found = shown(runtime, LI, "parts.sku,lines.spare.sku,lines.part.maker.name")
    assert found["parts"][2] == {"id": deal["secret"], "sku": None}
    assert found["lines"][0]["spare"][1] == {"id": deal["secret"], "sku": None}
    assert found["lines"][0]["part"]["maker"]["name"] == "acme"


@pytest.mark.parametrize(
    "path",
    [
        "parts.cost",
        "part.maker.debts",
        "lines.price",
        "lines.part.cost",
        "team.email",
        "parts.maker.debts",
        "lines.nothing",
        "parts.kinds.x",
        "title.x",
        "lines.part.fits.maker.name",
        "parts.fits.fits.maker.name",
        "lines.lines",
        "part.lines.qty",
    ],
)
def test_hidden_unknown_and_too_long_paths_have_one_answer(runtime, root, deal, path):
    with pytest.raises(UnknownField):
        shown(runtime, LI, f"title,{path}")


@pytest.mark.parametrize("path", ["parts.sku", "lines.qty"])
def test_lists_give_no_order(runtime, root, deal, path):
    with runtime.reading(SYSTEM) as work, pytest.raises(UnknownField):
        app = work.app("yard")
        list_json(work, app, compiled_form(app, "deal"), ListQuery(sort=path))


def test_one_record_a_query_and_a_view_answer_the_same_paths(runtime, root, deal):
    fields = "title,lines.part.sku,parts.maker.name"
    listed = root.get(f"{RECORDS}?fields={fields}").json()["items"][0]
    one = root.get(f"{RECORDS}/{deal['deal']}?fields={fields}").json()
    asked = root.post(f"{RECORDS}:query", {"fields": fields.split(",")}).json()["items"][0]
    viewed = root.get("/apps/yard/views/wide/records").json()["items"][0]
    assert listed == one == asked
    assert viewed["parts"] == one["parts"]
    assert viewed["lines"][0]["part"] == one["lines"][0]["part"] == {"id": deal["bolt"], "sku": "bolt"}
    assert viewed["lines"][0]["price"] == "3.00"


def test_paths_through_lists_cost_one_statement_for_each_list(runtime, root, deal):
    parts = [deal["nut"], deal["bolt"], deal["secret"]]
    lines = [{"part": deal["bolt"], "spare": parts}, {"part": deal["nut"], "spare": parts[:1]}]
    items = [
        {"op": "create", "record": {"title": f"t{number}", "parts": parts, "team": ["li"], "lines": lines}}
        for number in range(99)
    ]
    assert root.post(f"{RECORDS}:batch", {"items": items}).json()["done"] == 99
    fields = "title,parts.sku,parts.fits.sku,team.dept,part.maker.name,lines.part.maker.name,lines.spare.sku"
    with runtime.reading(LI) as work:
        app = work.app("yard")
        form = compiled_form(app, "deal")
        with counted(work) as seen:
            answer = list_json(work, app, form, ListQuery(fields=fields, limit=100, count="none"))
    assert len(answer["items"]) == 100
    assert len(seen) == 6, seen


def test_exports_write_what_paths_lead_to(runtime, root, deal):
    fields = (
        "title",
        "part.sku",
        "part.maker.name",
        "parts.sku",
        "parts.kinds",
        "lines.qty",
        "lines.part.sku",
    )
    with runtime.unit_of_work(LI) as work:
        app = work.app("yard")
        options = ExportOptions(format="csv", headers="key", fields=fields)
        transfer = begin(work, app, compiled_form(app, "deal"), options, job=False)
    done = run_export(runtime, transfer.id)
    assert done.state == "done", done.report
    with file_of(runtime, done).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "title": "d",
        "part.sku": "nut",
        "part.maker.name": "",
        "parts.sku": "nut、bolt",
        "parts.kinds": "x、y",
        "lines.qty": "2",
        "lines.part.sku": "bolt",
    }
    assert (rows[1]["title"], rows[1]["lines.qty"], rows[1]["lines.part.sku"]) == ("", "1", "")


def test_exports_refuse_paths_that_the_person_does_not_see(runtime, root, deal):
    with runtime.unit_of_work(LI) as work, pytest.raises(UnknownField):
        app = work.app("yard")
        begin(work, app, compiled_form(app, "deal"), ExportOptions(fields=("part.cost",)), job=False)


def test_a_field_that_is_not_there_is_told_by_its_place(runtime, root, deal):
    asked = {
        "/fields/1": root.get(f"{RECORDS}?fields=title,nothing"),
        "/fields/3": root.post(f"{RECORDS}:query", {"fields": ["title", "version", "part.sku", "lines.no"]}),
        "/fields/0": root.get(f"{RECORDS}/{deal['deal']}?fields=no,title"),
        "/sort/2": root.get(f"{RECORDS}?sort=title,-created_at,-nothing"),
        "/sort/1": root.post(f"{RECORDS}:aggregate", {"by": ["title"], "sort": "title,-sum"}),
    }
    for pointer, answer in asked.items():
        problem = answer.json()
        told = {problem["pointer"], *(each["pointer"] for each in problem["errors"])}
        assert (answer.status_code, told) == (422, {pointer})
    with runtime.unit_of_work(LI) as work, pytest.raises(UnknownField) as refused:
        app = work.app("yard")
        wanted = ExportOptions(fields=("title", "part.sku", "part.cost"))
        begin(work, app, compiled_form(app, "deal"), wanted, job=False)
    assert refused.value.pointer == "/fields/2"


def test_an_export_that_may_not_be_written_any_more_says_so(runtime, root, deal):
    with runtime.unit_of_work(LI) as work:
        app = work.app("yard")
        transfer = begin(work, app, compiled_form(app, "deal"), ExportOptions(), job=False)
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**APP, "role": {"sales_rep": {**ROLE, "grants": ROLE["grants"][1:]}}})
    done = run_export(runtime, transfer.id)
    assert (done.state, done.report["findings"][0]["code"]) == ("failed", "forbidden")
