"""Saved views: what a document may say, and the records each layout gives."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import REP, SHOP, field, name, option
from tests.support.prepared import prepared_by, publishing

STAGES = [
    *({"key": key, "label": name(key)} for key in ("open", "busy", "done")),
    *({"key": key, "label": name(key), "archived": True} for key in ("kept", "gone")),
]
TASK = {
    "key": "task",
    "label": name("task"),
    "title": "what",
    "fields": [
        field("what", "text", required=True),
        field("stage", "select", options=STAGES),
        field("urgent", "bool"),
        field("begins", "datetime"),
        field("until", "date"),
        field("above", "tree_parent"),
        field("at", "geo"),
        field("photo", "image"),
        field("secret", "text"),
        field("hidden_stage", "select", options=STAGES),
    ],
}
GRANT = {
    "form": "task",
    "actions": ["view", "create"],
    "where": "owner = $me",
    "fields": {"hidden": ["secret", "hidden_stage"]},
}
ROLE = {**REP, "key": "sales_rep", "grants": [*REP["grants"], GRANT]}


def view(key, layout="list", **more):
    return {"key": key, "label": name(key), "form": "task", "layout": layout, **more}


VIEWS = [
    view("open", filter='stage = "open"', columns=["what", "secret", "above.what"], sort="what"),
    view("board", "kanban", group="stage"),
    view("hurry", "kanban", group="urgent"),
    view("covert", "kanban", group="hidden_stage"),
    view("plan", "calendar", start="begins", end="until"),
    view("tree", "tree", parent="above"),
    view("where", "map", place="at"),
    view("photos", "gallery", image="photo"),
    view("chiefs", roles=["chief"]),
]
CHIEF = {"key": "chief", "label": name("chief"), "grants": []}


def with_views(*views):
    return {
        **SHOP,
        "form": {**SHOP["form"], "task": TASK},
        "role": {"sales_rep": ROLE, "chief": CHIEF},
        "view": {each["key"]: each for each in views},
    }


@pytest.fixture
@prepared_by(publishing(with_views(*VIEWS)))
def li(people, as_user):
    return as_user("li")


def create(user, what, **values):
    answer = user.post("/apps/shop/forms/task/records", {"what": what, **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def run(user, key, **parameters):
    return user.get(f"/apps/shop/views/{key}/records", params=parameters).json()


def names(answer):
    return [each["what"] for each in answer["items"]]


def test_view_applies_its_filter_order_and_columns(li):
    create(li, "b", stage="open")
    create(li, "a", stage="open")
    create(li, "c", stage="done")
    answer = run(li, "open")
    assert names(answer) == ["a", "b"]
    assert set(answer["items"][0]) == {"id", "rev", "version", "what", "above"}
    assert names(run(li, "open", filter='what <> "a"')) == ["b"]
    assert names(run(li, "open", sort="-what")) == ["b", "a"]


def test_view_gives_nobody_a_right(li, as_user):
    create(as_user("root"), "x", stage="open", secret="s")
    assert run(li, "open")["items"] == []
    assert run(li, "open", filter='secret = "s"')["code"] == "unknown_field"
    assert run(as_user("zheng"), "open")["code"] == "view_not_found"
    assert "secret" in run(as_user("root"), "open")["items"][0]


def test_views_are_offered_to_their_roles(li, as_user):
    offered = [each["key"] for each in li.get("/apps/shop/views").json()["items"]]
    assert offered == ["open", "board", "hurry", "covert", "plan", "tree", "where", "photos"]
    assert run(li, "chiefs")["code"] == "view_not_found"
    about = li.get("/apps/shop/views/open").json()
    assert about["columns"] == ["what", "above.what"]


def test_kanban_counts_and_pages_its_lanes(li):
    for what, stage in (("a", "open"), ("b", "open"), ("c", "done"), ("d", None)):
        create(li, what, stage=stage)
    lanes = run(li, "board", sort="what", limit=1)["lanes"]
    assert [(each["value"], each["count"], names(each)) for each in lanes] == [
        (None, 1, ["d"]),
        ("open", 2, ["a"]),
        ("busy", 0, []),
        ("done", 1, ["c"]),
    ]
    rest = run(li, "board", sort="what", limit=1, lane="open")
    assert names(rest) == ["a"]
    assert names(run(li, "board", sort="what", limit=1, lane="open", cursor=rest["next"])) == ["b"]
    assert names(run(li, "board", lane="")) == ["d"]


def test_lanes_of_yes_and_no_are_both_there_and_others_are_refused(li):
    create(li, "a", urgent=True)
    lanes = run(li, "hurry", filter='what = "a"')["lanes"]
    assert [(each["value"], each["count"]) for each in lanes] == [(False, 0), (True, 1)]
    assert names(run(li, "hurry", lane="true")) == ["a"]
    assert names(run(li, "hurry", lane="false")) == []
    for key, lane in (("hurry", "yes"), ("board", "opened")):
        (wrong,) = run(li, key, lane=lane)["errors"]
        assert (wrong["code"], wrong["pointer"]) == ("invalid_parameter", "/lane")


def test_lanes_of_a_hidden_field_are_not_there(li):
    for more in ({}, {"lane": "x"}, {"lane": ""}):
        assert run(li, "covert", **more)["code"] == "unknown_field"


def test_lane_of_an_archived_option_is_shown_while_records_are_in_it(li, runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("shop")
        records.create(work, compiled_form(app, "task"), {"what": "k", "stage": "open", "owner": "li"})
        work.run("UPDATE shop_task SET stage = 'kept'")
    lanes = run(li, "board")["lanes"]
    assert [each["value"] for each in lanes] == ["open", "busy", "done", "kept"]


def test_full_lanes_are_told_from_empty_ones_however_many_options_there_are(li, runtime):
    keys = [f"o{number:02d}" for number in range(40, 0, -1)]
    stages = {**TASK, "fields": [*TASK["fields"], field("step", "select", options=option(*keys))]}
    board = view("steps", "kanban", group="step")
    with runtime.unit_of_work(SYSTEM) as work:
        shop = with_views(*VIEWS, board)
        publish(work, {**shop, "form": {**shop["form"], "task": stages}})
    for key in keys:
        create(li, key, step=key)
    create(li, "none")
    shown = run(li, "steps", fields="what")
    assert [(each["value"], each["count"], names(each)) for each in shown["lanes"]] == [
        (None, 1, ["none"]),
        *((key, 1, [key]) for key in keys[:29]),
    ]
    assert shown["more"]


def test_calendar_gives_what_touches_the_days(li):
    create(li, "long", begins="2026-02-27T10:00:00+08:00", until="2026-03-02")
    create(li, "late evening", begins="2026-03-31T23:30:00+08:00")
    create(li, "next", begins="2026-04-01T00:10:00+08:00")
    create(li, "never")
    assert names(run(li, "plan", sort="what", **{"from": "2026-03-01", "to": "2026-03-31"})) == [
        "late evening",
        "long",
    ]
    assert run(li, "plan", **{"from": "soon"})["errors"][0]["pointer"] == "/from"


def test_tree_gives_roots_and_children(li):
    root = create(li, "root")
    create(li, "leaf", above=root)
    assert names(run(li, "tree")) == ["root"]
    assert names(run(li, "tree", parent=root)) == ["leaf"]
    assert names(run(li, "tree", parent='x" or true or "')) == []


def test_map_gives_what_stands_in_the_box(li):
    create(li, "suzhou", at={"lat": "31.298900", "lng": "120.585300"})
    create(li, "fiji", at={"lat": "-17.800000", "lng": "178.000000"})
    assert names(run(li, "where", box="31,120,32,121")) == ["suzhou"]
    assert names(run(li, "where", box="-20,170,0,-170")) == ["fiji"]
    assert run(li, "where", box="1,2,3")["errors"][0]["pointer"] == "/box"


def test_parameter_of_another_layout_is_refused(li):
    assert run(li, "open", lane="open")["errors"][0]["pointer"] == "/lane"


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        (view("x", form="nothing"), ("unknown_form", "/views/x/form")),
        (view("x", columns=["wat"]), ("unknown_field", "/views/x/columns/0")),
        (view("x", columns=["above.wat"]), ("unknown_field", "/views/x/columns/0")),
        (view("x", columns=["what.more"]), ("bad_path", "/views/x/columns/0")),
        (view("x", sort="-wat"), ("unknown_field", "/views/x/sort")),
        (view("x", filter="wat = 1"), ("unknown_field", "/views/x/filter")),
        (view("x", roles=["nobody"]), ("unknown_role", "/views/x/roles/0")),
        (view("x", "kanban"), ("required", "/views/x/group")),
        (view("x", "kanban", group="what"), ("wrong_field", "/views/x/group")),
        (view("x", "calendar", start="what"), ("wrong_field", "/views/x/start")),
        (view("x", "tree", parent="stage"), ("wrong_field", "/views/x/parent")),
        (view("x", "map", place="what"), ("wrong_field", "/views/x/place")),
        (view("x", "gallery", image="what"), ("wrong_field", "/views/x/image")),
        (view("x", group="stage"), ("not_of_this_layout", "/views/x/group")),
    ],
)
def test_wrong_documents_are_named(runtime, people, document, finding):
    with pytest.raises(Invalid) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_views(document))
    assert finding in [(each.code, each.pointer) for each in refused.value.findings]
