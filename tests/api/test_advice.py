"""What people are told to do about a value or key that does not fit."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.api.labelled_shop import LABEL, RECORDS, publish_shop
from tests.support.prepared import prepared_by


@pytest.fixture
@prepared_by(publish_shop)
def shop(people):
    """The shop, published."""


@pytest.fixture
def root(shop, as_user):
    return as_user("root")


KINDS = {
    "words": {"type": "tags"},
    "several": {"type": "refs", "form": "customer"},
    "people": {"type": "users"},
    "papers": {"type": "files"},
    "ticks": {"type": "multiselect", "options": [{"key": "a", "label": LABEL}]},
}
CHECK_KEY = "Check the key of the field."


def advice(answer):
    (fix,) = [each["fix"]["en"] for each in answer.json()["errors"] if each["code"] == "unknown_field"]
    return fix


@pytest.mark.parametrize("key", ["Name", "NAME", "客户全称", "full  name", "full name", "nmae"])
def test_an_unknown_key_is_told_what_it_may_stand_for(root, key):
    expected = "Did you mean 'name'?" if key != "full  name" else CHECK_KEY
    assert advice(root.post(RECORDS, {key: "x"})) == expected


def test_nothing_is_said_of_what_is_not_near_or_not_seen(root, as_user):
    assert advice(root.post(RECORDS, {"zzzz": "x"})) == CHECK_KEY
    assert advice(root.post(RECORDS, {"Secret": "x"})) == "Did you mean 'secret'?"
    for hidden in ("Secret", "secrets"):
        assert advice(as_user("li").post(RECORDS, {hidden: "x"})) != "Did you mean 'secret'?"


def test_a_value_of_another_type_is_told_an_example(runtime, people, as_user):
    fields = [{"key": key, "label": LABEL, **kind} for key, kind in KINDS.items()]
    fields += [{"key": key, "label": LABEL, "type": key} for key in ("address", "month", "time", "bool")]
    fields.append(
        {"key": "level", "label": LABEL, "type": "select", "options": [{"key": "a", "label": LABEL}]}
    )
    note = {"key": "note", "label": LABEL, "fields": fields}
    customer = {"key": "customer", "label": LABEL, "fields": [{"key": "x", "label": LABEL, "type": "text"}]}
    with runtime.unit_of_work(SYSTEM) as work:
        app = {"shop": {"key": "shop", "label": LABEL}}
        publish(work, {"app": app, "form": {"note": note, "customer": customer}})
    root, records = as_user("root"), "/apps/shop/forms/note/records"
    wrong = {each["key"]: 5 for each in fields}
    found = root.post(records, wrong).json()["errors"]
    told = {each["pointer"][1:]: each["fix"]["zh"] for each in found}
    assert told.keys() == wrong.keys()
    assert told["words"] == '例如 ["重点", "VIP"]。'
    assert told["people"] == '例如 ["li"]。'
    assert told["level"] == '例如 "a"。'
    assert told["address"] == '例如 {"region": …, "detail": …, "postcode": …}。'
    assert all(fix.startswith("例如 ") for fix in told.values())
    (found,) = root.post(records, {"level": "zzz"}).json()["errors"]
    assert found["fix"] == {"zh": "可选：a（客户全称）。", "en": "Options: a (Full name)."}


def test_options_are_told_by_key_and_label(runtime, people, as_user):
    def option(key, zh, **more):
        return {"key": key, "label": {"zh": zh, "en": key.title()}, **more}

    tree = [option("east", "华东", options=[option("js", "江苏"), option("zj", "浙江")])]
    fields = [{"key": "area", "label": LABEL, "type": "cascade", "options": tree}]
    with runtime.unit_of_work(SYSTEM) as work:
        app = {"shop": {"key": "shop", "label": LABEL}}
        publish(work, {"app": app, "form": {"note": {"key": "note", "label": LABEL, "fields": fields}}})

    def told(value):
        (found,) = as_user("root").post("/apps/shop/forms/note/records", {"area": value}).json()["errors"]
        return found["code"], found["fix"]["zh"]

    assert told(["east"]) == ("option_too_wide", "可选：js（江苏）、zj（浙江）。")
    assert told(["east", "nn"]) == ("not_in_options", "可选：js（江苏）、zj（浙江）。")
    assert told(["华东"]) == ("not_in_options", "是否想选“east”？")
    assert told(5) == ("wrong_type", '例如 ["east", "js"]。')
