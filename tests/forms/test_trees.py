"""Records that form a tree: no circles, and what is under a record, in lists, grants, formulas and reports."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.expressions.function import Example
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from forms.functions.under import Under
from forms.trees import DEEPEST
from tests.forms.shop import field
from tests.forms.territory import REGION, documents
from tests.forms.test_links import FORMS, found, make
from tests.forms.test_races import at_once
from tests.support.client import AsUser, SignedIn

REGIONS = f"{FORMS}/region/records"


@pytest.fixture
def root(land: CompiledApp, as_user: AsUser) -> SignedIn:
    return as_user("root")


def test_a_record_cannot_be_below_itself(root: SignedIn) -> None:
    refused = root.patch(f"{REGIONS}/world", {"parent": "shanghai"})
    [told] = refused.json()["errors"]
    assert (refused.status_code, told["code"], told["pointer"]) == (422, "tree_cycle", "/parent")
    assert told["message"]["en"] == "A record cannot be below itself: World → Shanghai → East → World."
    alone = root.patch(f"{REGIONS}/south", {"parent": "south"}).json()["errors"]
    assert [each["code"] for each in alone] == ["tree_cycle"]
    assert root.patch(f"{REGIONS}/east", {"parent": "south"}).status_code == 200
    assert root.patch(f"{REGIONS}/east", {"parent": None}).status_code == 200
    assert root.patch(f"{REGIONS}/world", {"parent": "shanghai"}).status_code == 200


def test_a_tree_has_so_many_levels(land: CompiledApp, runtime: Runtime, root: SignedIn) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        form, above = compiled_form(work.app("land"), "region"), "shanghai"
        for level in range(DEEPEST - 3):
            above = records.create(work, form, {"name": f"level {level}", "parent": above})["id"]
    refused = root.post(REGIONS, {"name": "too deep", "parent": above})
    assert [each["code"] for each in refused.json()["errors"]] == ["tree_too_deep"]


def test_two_moves_at_once_make_no_circle(root: SignedIn) -> None:
    for key in ("east", "south"):
        root.patch(f"{REGIONS}/{key}", {"parent": None})
    moves = [("east", "south"), ("south", "east")]

    def move(number: int) -> int:
        key, parent = moves[number]
        return root.patch(f"{REGIONS}/{key}", {"parent": parent}).status_code

    assert sorted(at_once(2, move)) == [200, 422]


def test_records_below_are_counted_and_protected(root: SignedIn) -> None:
    assert [root.get(f"{REGIONS}/{key}").json()["below"] for key in ("world", "east", "south")] == [2, 1, 0]
    refused = root.delete(f"{REGIONS}/east")
    assert (refused.status_code, refused.json()["details"]) == (409, {"references": {"region": 1}})


def test_a_filter_finds_all_that_is_under_a_record(root: SignedIn) -> None:
    for key in ("world", "east", "shanghai", "south"):
        make(root, "customer", name=key, region=key)
    make(root, "customer", name="nowhere")
    assert found(root, "customer", {"region": {"under": "east"}}) == ["east", "shanghai"]
    assert found(root, "customer", 'UNDER(region, "world")') == ["east", "shanghai", "south", "world"]
    assert found(root, "customer", {"not": {"region": {"under": "east"}}}) == ["south", "world"]
    assert found(root, "customer", {"region": {"under": "nothing"}}) == []
    assert found(root, "customer", 'UNDER(region.parent, "east")') == ["shanghai"]
    assert found(root, "region", 'UNDER(id, "east")') == ["East", "Shanghai"]
    assert found(root, "region", {"parent": {"under": "east"}}) == ["Shanghai"]
    root.patch(f"{REGIONS}/shanghai", {"parent": "south"})
    assert found(root, "customer", {"region": {"under": "south"}}) == ["shanghai", "south"]
    schema = root.get(f"{FORMS}/customer/schema").json()["properties"]
    assert "under" in schema["region"]["x-operators"]


def test_departments_and_superiors_are_trees_too(root: SignedIn) -> None:
    made = {owner: make(root, "customer", name=owner, owner=owner) for owner in ("li", "wu", "liu")}
    for owner, dept in (("li", "east_js"), ("wu", "north"), ("liu", "sales")):
        root.patch(f"{FORMS}/customer/records/{made[owner]['id']}", {"dept": dept})
    assert found(root, "customer", 'UNDER(owner, "wang")') == ["li"]
    assert found(root, "customer", 'UNDER(owner, "liu")') == ["li", "liu", "wu"]
    assert found(root, "customer", 'UNDER(dept, "east")') == ["li"]
    assert found(root, "customer", 'UNDER(dept, "sales")') == ["li", "liu", "wu"]


@pytest.mark.parametrize("example", Under.examples, ids=lambda each: each.expression)
def test_the_examples_hold(root: SignedIn, example: Example) -> None:
    """Of a customer in Shanghai that belongs to Li, whose superior is Wang."""
    customer = make(root, "customer", name="c", region="shanghai", owner="li")
    expected = example.result == "true"
    assert found(root, "customer", example.expression) == (["c"] if expected else [])
    tried = root.post(
        "/apps/land/draft/expressions:evaluate",
        {
            "expression": example.expression,
            "context": {"kind": "form", "key": "customer", "place": "filter"},
            "record": customer["id"],
        },
    )
    assert tried.json()["value"] is expected


def test_a_grant_reaches_what_is_under_a_record(land: CompiledApp, as_user: AsUser) -> None:
    root, li, wang = as_user("root"), as_user("li"), as_user("wang")
    make(root, "customer", name="s", region="south")
    make(root, "customer", name="e", region="shanghai")
    make(li, "customer", name="mine", region="shanghai")
    assert found(li, "customer", "not ISBLANK(name)") == ["mine", "s"]
    assert wang.get(f"{FORMS}/customer/records").status_code == 403
    # li sees the regions east and shanghai, and not where south belongs
    assert found(li, "customer", {"region": {"under": "world"}}) == ["mine"]
    assert found(li, "customer", {"region": {"under": "east"}}) == ["mine"]
    refused = li.patch(f"{REGIONS}/shanghai", {"parent": None})
    assert refused.status_code == 403


def test_a_formula_under_a_record_follows_the_tree(root: SignedIn) -> None:
    customer = make(root, "customer", name="c", region="shanghai")
    path = f"{FORMS}/customer/records/{customer['id']}"
    assert customer["eastern"] is True
    assert found(root, "customer", "eastern") == ["c"]
    root.patch(f"{REGIONS}/shanghai", {"parent": "south"})
    assert root.get(path).json()["eastern"] is False


def test_a_report_sums_what_is_under_a_record(root: SignedIn) -> None:
    for key in ("east", "shanghai", "south"):
        make(root, "customer", name=key, region=key)
    spec = {
        "key": "r",
        "label": {"zh": "r", "en": "r"},
        "from": "customer",
        "where": {"region": {"under": "east"}},
        "dimensions": [{"id": "region", "field": "region"}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    answer = root.post("/apps/land/draft/reports:preview", {"report": spec})
    assert answer.status_code == 200, answer.text
    shown = {row["region"]["label"]: row["n"] for row in answer.json()["rows"]}
    assert shown == {"East": 1, "Shanghai": 1}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('UNDER(name, "x")', "type_mismatch"),
        ('UNDER(handled_by, "x")', "type_mismatch"),
        ("UNDER(region, owner)", "type_mismatch"),
        ("UNDER(region)", "wrong_arguments"),
    ],
)
def test_only_references_into_a_tree_are_under_something(root: SignedIn, condition: str, code: str) -> None:
    answer = root.get(f"{FORMS}/customer/records", params={"filter": condition})
    assert answer.status_code == 422
    assert answer.json()["code"] == code, answer.json()


@pytest.mark.parametrize(
    ("change", "code", "inside"),
    [
        (field("x", "tree_parent"), "second_tree", "/type"),
        (field("x", "subtable", fields=[field("y", "tree_parent")]), "not_in_child", "/fields/0/type"),
        (field("x", "formula", result={"type": "bool"}, expr="UNDER(manager, region)"), "unknown_field", "/expr"),
    ],
)  # fmt: skip
def test_what_cannot_be_published(
    runtime: Runtime, people: dict[str, Any], change: Any, code: str, inside: str
) -> None:
    changed = {**REGION, "fields": [*REGION["fields"], change]}  # type: ignore[misc]
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents(region=changed))
    told = {(finding.code, finding.pointer) for finding in refused.value.findings}
    assert (code, f"/forms/region/fields/{len(REGION['fields'])}{inside}") in told
