"""An app's folder and a store: applied twice, exported again, and what others changed meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.definitions.app import Documents
from engine.definitions.applying import Applied, Drifted, apply_files, choices, differences, plan_files
from engine.definitions.baseline import Baseline
from engine.definitions.check import kinds
from engine.definitions.folder import folder_files, read_files
from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import SHOP, field

Change = Callable[[dict[str, Any]], None]


def shop(**changes: Change) -> dict[str, Any]:
    app: dict[str, Any] = copy.deepcopy(SHOP)
    for key, change in changes.items():
        change(app["form"][key])
    return app


def relabelled(label: str) -> Change:
    def change(form: dict[str, Any]) -> None:
        form["label"]["en"] = label

    return change


def apply(
    runtime: Runtime, documents: Documents, base: dict[str, Baseline] | None = None, **chosen: Any
) -> Applied:
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        return apply_files(work, documents, base or {}, choices(**chosen))


def remembered(applied: Applied) -> dict[str, Baseline]:
    return {applied.store: applied.baseline}


def test_applying_twice_changes_nothing(runtime: Runtime) -> None:
    first = apply(runtime, shop())
    again = apply(runtime, shop(), remembered(first))
    assert (first.published.version, again.published.changed, again.differences) == (1, False, ())


def test_what_others_changed_in_the_store_is_not_undone(runtime: Runtime) -> None:
    base = remembered(apply(runtime, shop()))
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, shop(product=relabelled("Wares"), sale=relabelled("Deal")))
    mine = shop(customer=relabelled("Client"), sale=relabelled("Order"))
    with pytest.raises(Drifted) as drifted:
        apply(runtime, mine, base)
    told = {each["document"]: each for each in drifted.value.details["documents"]}
    assert {name: each["state"] for name, each in told.items()} == {
        "/forms/product": "server",
        "/forms/sale": "conflict",
    }
    assert told["/forms/sale"]["pointers"] == ["/label/en"]
    with runtime.reading(SYSTEM) as work:
        assert work.app("shop").version == 2
        planned = plan_files(work, mine, base, choices())
    assert planned.version is None
    assert {(each.pointer, each.code) for each in planned.findings if each.level == "error"} == {
        ("/forms/product", "drifted"),
        ("/forms/sale", "drifted"),
    }


def test_a_side_is_taken_document_by_document(runtime: Runtime) -> None:
    base = remembered(apply(runtime, shop()))
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, shop(product=relabelled("Wares"), sale=relabelled("Deal")))
    mine = shop(customer=relabelled("Client"), sale=relabelled("Order"))
    with pytest.raises(Drifted):
        apply(runtime, mine, base, take_mine=["forms/sale"])
    done = apply(runtime, mine, base, take_mine=["forms/sale.json"], take_theirs=["/forms/product"])
    with runtime.reading(SYSTEM) as work:
        forms = work.app("shop").source["form"]
        left = differences(work, done.documents, remembered(done))
    labels = {key: forms[key]["label"]["en"] for key in ("product", "sale", "customer")}
    assert labels == {"product": "Wares", "sale": "Order", "customer": "Client"}
    assert left == []
    assert apply(runtime, done.documents, remembered(done)).published.changed is False


def test_a_document_that_only_the_store_has_is_kept_or_removed_as_chosen(runtime: Runtime) -> None:
    base = remembered(apply(runtime, shop()))
    more = shop()
    more["form"]["note"] = {
        "key": "note",
        "label": {"zh": "便签", "en": "Note"},
        "fields": [field("text", "text")],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, more)
    with pytest.raises(Drifted):
        apply(runtime, shop(), base)
    kept = apply(runtime, shop(), base, take_theirs=["forms/note"])
    assert "note" in kept.documents["form"]


def test_choosing_what_does_not_differ_is_refused(runtime: Runtime) -> None:
    base = remembered(apply(runtime, shop()))
    with pytest.raises(Invalid) as refused:
        apply(runtime, shop(), base, take_mine=["forms/nothing"])
    assert [(each.pointer, each.code) for each in refused.value.findings] == [
        ("/forms/nothing", "nothing_to_choose")
    ]
    with pytest.raises(Invalid):
        choices(take_mine=["forms/sale"], take_theirs=["forms/sale.json"])


def test_a_folder_that_met_another_store_is_no_base_here(runtime: Runtime) -> None:
    """The same folder goes to test and to live: what it knows of one says nothing of the other."""
    applied = apply(runtime, shop())
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, shop(product=relabelled("Wares")))
    (difference,) = apply(runtime, shop(), {"elsewhere": applied.baseline}).differences
    assert (difference.name, difference.state) == ("/forms/product", "unknown")


KEYS = st.from_regex(r"[a-z]{1,4}(_[a-z]{1,4}){1,2}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs")), min_size=1, max_size=12)
LABELS = st.fixed_dictionaries({"zh": WORDS, "en": WORDS})
KINDS: dict[str, dict[str, Any]] = {
    "text": {"max_length": 20},
    "int": {"min": 0},
    "decimal": {"scale": 3},
    "money": {"default": "0"},
    "date": {},
    "bool": {"default": True},
    "select": {"options": [{"key": "a", "label": {"zh": "甲", "en": "A"}}], "default": "a"},
}
RESERVED = {"id", "rev", "owner", "dept", "version", "and", "or", "not", "in", "is", "true", "false", "null"}


@st.composite
def forms(draw: Any) -> dict[str, Any]:
    keys = draw(st.lists(KEYS.filter(lambda key: key not in RESERVED), min_size=1, max_size=4, unique=True))
    fields = []
    for key in keys:
        kind = draw(st.sampled_from(sorted(KINDS)))
        options = draw(st.permutations(sorted(KINDS[kind])))
        fields.append(
            {"label": draw(LABELS), "type": kind, **{name: KINDS[kind][name] for name in options}, "key": key}
        )
    return {"fields": fields, "label": draw(LABELS), "title": keys[0]}


APPS = st.dictionaries(
    KEYS.filter(lambda key: key not in {"user", "task", *RESERVED}), forms(), min_size=1, max_size=3
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=APPS, label=LABELS)
def test_what_is_exported_is_what_was_imported(
    runtime: Runtime, numbers: list[int], made: dict[str, Any], label: dict[str, str]
) -> None:
    ordered = kinds(runtime.registries)
    numbers.append(len(numbers))
    app = f"app{numbers[-1]}"
    source = {
        "app": {app: {"label": label, "key": app}},
        "form": {key: {**each, "key": key} for key, each in made.items()},
    }
    files = folder_files(source, ordered)
    documents, findings = read_files(files, ordered)
    assert findings == []
    first = apply(runtime, documents)
    with runtime.reading(SYSTEM) as work:
        exported = folder_files(work.app(app).source, ordered)
    assert exported == files
    again, _ = read_files(exported, ordered)
    assert apply(runtime, again, remembered(first)).published.changed is False


@pytest.fixture
def numbers() -> list[int]:
    return []
