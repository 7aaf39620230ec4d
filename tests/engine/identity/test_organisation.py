"""The organisation as a document."""

from __future__ import annotations

import copy

import pytest

from engine.errors import Forbidden, Invalid
from engine.identity import repository, service
from engine.identity.organisation import load_organisation, organisation
from engine.identity.principal import SYSTEM
from tests.support.people import ORGANISATION


def load(runtime, document):
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        return load_organisation(work, document)


def test_loading_twice_changes_nothing(runtime):
    first = load(runtime, ORGANISATION)
    again = load(runtime, ORGANISATION)
    departments, users = len(ORGANISATION["departments"]), len(ORGANISATION["users"])
    assert first["departments"] == {"created": departments, "updated": 0, "unchanged": 0}
    assert first["users"] == {"created": users, "updated": 0, "unchanged": 0}
    assert again["departments"] == {"created": 0, "updated": 0, "unchanged": departments}
    assert again["users"] == {"created": 0, "updated": 0, "unchanged": users}


def test_export_loads_again_without_change(runtime):
    load(runtime, ORGANISATION)
    with runtime.reading(SYSTEM) as work:
        exported = organisation(work)
    assert load(runtime, exported)["users"]["unchanged"] == len(ORGANISATION["users"])


def test_order_in_the_document_does_not_matter(runtime):
    document = copy.deepcopy(ORGANISATION)
    document["departments"].reverse()
    document["users"].reverse()
    load(runtime, document)
    with runtime.reading(SYSTEM) as work:
        assert repository.department_tree(work, "sales")[:2] == ("east", "east_js")
        assert service.superiors(work, "li") == "wang"


def test_changes_of_roles_and_superiors_arrive(runtime):
    load(runtime, ORGANISATION)
    document = copy.deepcopy(ORGANISATION)
    li = next(each for each in document["users"] if each["id"] == "li")
    li.update(roles=["sales_rep", "trainer"], superior="zhang")
    tallies = load(runtime, document)
    assert tallies["users"]["updated"] == 1
    with runtime.reading(SYSTEM) as work:
        assert service.get_user(work, "li")["roles"] == ["sales_rep", "trainer"]
        assert service.superiors(work, "li") == "zhang"


def test_what_the_document_does_not_name_stays(runtime):
    load(runtime, ORGANISATION)
    load(runtime, {"departments": [], "users": []})
    with runtime.reading(SYSTEM) as work:
        assert len(repository.users(work)) == len(ORGANISATION["users"])


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"dept": "moon"}, "/users/0/dept", "not_found"),
        ({"superior": "moon"}, "/users/0/superior", "not_found"),
        ({"id": "Li"}, "/users/0/id", "string_pattern_mismatch"),
        ({"email": "no mail"}, "/users/0/email", "string_pattern_mismatch"),
        ({"password": "secret123"}, "/users/0/password", "extra_forbidden"),
        ({"id": "sun"}, "/users/1/id", "duplicate"),
    ],
)
def test_broken_documents_are_refused_with_a_pointer(runtime, change, pointer, code):
    document = copy.deepcopy(ORGANISATION)
    document["users"][0].update(change)
    with pytest.raises(Invalid) as refused:
        load(runtime, document)
    assert (pointer, code) in [(each.pointer, each.code) for each in refused.value.findings]
    with runtime.reading(SYSTEM) as work:
        assert not repository.has_users(work)


def test_loops_of_superiors_are_refused(runtime):
    document = copy.deepcopy(ORGANISATION)
    next(each for each in document["users"] if each["id"] == "fang")["superior"] = "liu"
    with pytest.raises(Invalid) as refused:
        load(runtime, document)
    assert {each.code for each in refused.value.findings} == {"loop"}


def test_only_administrators_load_it(runtime, people, principal):
    with runtime.unit_of_work(principal("li")) as work, pytest.raises(Forbidden):
        load_organisation(work, ORGANISATION)
