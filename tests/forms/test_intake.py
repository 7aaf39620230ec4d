"""New records in many ways mean the same: one by one, in a batch, in a batch done again with care."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.definitions.publish import publish
from engine.errors import EngineError, Invalid
from engine.identity.principal import SYSTEM, Principal
from engine.permissions.compiled import UNLIMITED
from engine.storage.driver import MARK
from forms import records
from forms.access import Access
from forms.api_records import create_json
from forms.batch import BatchRefused, Item, run_batch
from forms.compiled import compiled_form
from forms.intake import Intake
from forms.reading_json import plainly_read, reader
from tests.forms.samples import SAMPLES
from tests.forms.sheet import publish_sheet
from tests.forms.shop import field, name, option

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")

PARTNER = {
    "key": "partner",
    "label": name("partner"),
    "title": "name",
    "search": ["name"],
    "fields": [
        field("no", "auto", pattern="P-{000}"),
        field("name", "text", required=True, unique=True),
        field("grade", "select", options=option("a", "b", "c"), default="c"),
        field("above", "ref", form="partner"),
        field("manager", "user"),
        field("amount", "money"),
        field("tax", "formula", result={"type": "money"}, expr="amount * 0.06"),
        field("why", "text", visible='grade = "a"'),
        field("signed", "date"),
        field("met", "datetime"),
        field("span", "date_range"),
        field("tags", "multiselect", options=option("x", "y")),
        field("checked", "bool", default=False),
        field("note", "text"),
        field("done", "rollup", form="visit", link="partner", agg="count"),
    ],
    "validations": [{"code": "low", "expr": "amount >= 1", "field": "amount", "message": name("at least 1")}],
}
VISIT = {
    "key": "visit",
    "label": name("visit"),
    "title": "subject",
    "fields": [
        field("subject", "text", required=True),
        field("partner", "ref", form="partner"),
        field("lines", "subtable", fields=[field("item", "text", required=True), field("count", "int")]),
        field("total", "formula", result={"type": "int"}, expr="SUM(lines.count)"),
    ],
}


def rule(
    key: str, form: str, when: str, phase: str, set_: dict[str, Any], priority: int = 100
) -> dict[str, Any]:
    return {
        "key": key,
        "label": name(key),
        "form": form,
        "trigger": {"type": "created"},
        "when": when,
        "phase": phase,
        "priority": priority,
        "actions": [{"type": "set_fields", "set": set_}],
    }


RULES = [
    rule("big", "partner", "amount >= 1000", "before", {"grade": "a", "why": "big"}, 10),
    rule("top", "partner", 'grade = "a"', "before", {"checked": True}, 20),
    rule("noted", "partner", 'grade = "b"', "after", {"note": "seen"}),
    rule("short", "visit", "ISBLANK(partner)", "before", {"subject": {"expr": 'subject & "!"'}}),
]
SELLER = {
    "key": "seller",
    "label": name("seller"),
    "grants": [
        {
            "form": "partner",
            "actions": ["view", "create"],
            "where": "owner = $me and amount < 5000",
            "fields": {"hidden": ["note"]},
        },
        {"form": "visit", "actions": ["view", "create"], "where": "owner = $me"},
    ],
}


def documents(key: str) -> dict[str, Any]:
    return {
        "app": {key: {"key": key, "label": name(key)}},
        "form": {"partner": PARTNER, "visit": VISIT},
        "role": {"seller": SELLER},
        "rule": {each["key"]: each for each in RULES},
    }


LI = Principal(user="li", roles=("seller",))
ROOT = Principal(user="root", is_admin=True)
GOOD: dict[str, list[dict[str, Any]]] = {
    "partner": [
        {"name": "青禾", "amount": "12.50", "signed": "2026-03-02", "tags": ["y", "x"], "manager": "li"},
        {"name": "big one", "amount": 1500, "met": "2026-03-02T09:30:00+08:00"},
        {"name": "hidden", "amount": "3", "why": "cleared, because it is not shown"},
        {"name": "b", "amount": "1", "grade": "b", "span": {"start": "2026-01-01", "end": "2026-02-01"}},
        {"name": "echo", "amount": "2", "id": None, "tax": "9", "no": None},
    ],
    "visit": [
        {"subject": "first"},
        {"subject": "second", "lines": [{"item": "tea", "count": 2}, {"item": "rice", "count": 5}]},
    ],
}
BAD: dict[str, list[Any]] = {
    "partner": [
        {"name": "too little", "amount": "0.50"},
        {"amount": "x", "tags": ["z"], "grade": "q"},
        {"name": "rich", "amount": "9000"},
        {"name": "b", "amount": "7"},
        {"name": "lost", "amount": "7", "above": "01900000-0000-7000-8000-00000000dead"},
        {"name": "own number", "amount": "7", "no": "X", "rev": 7},
        [],
    ],
    "visit": [{"subject": "third", "lines": [{"count": 1}]}, {"subject": "fourth", "nothing": 1}],
}


@pytest.fixture
def ways(runtime, people):
    """Two apps that are alike: in one records are saved one by one, in the other together."""
    for key in ("one", "many"):
        with runtime.unit_of_work(SYSTEM) as work:
            publish(work, documents(key))
    return runtime


def told(failure: EngineError) -> Any:
    findings = failure.findings if isinstance(failure, Invalid) else [failure.as_finding()]
    return [(each.code, each.pointer) for each in findings]


def one_by_one(runtime, who, form, bodies):
    found = []
    for body in bodies:
        try:
            with runtime.unit_of_work(who) as work:
                app = work.app("one")
                found.append(create_json(work, app, compiled_form(app, form), body))
        except EngineError as failure:
            found.append(told(failure))
    return found


def together(runtime, who, form, bodies, *, atomic=False):
    with runtime.unit_of_work(who) as work:
        app = work.app("many")
        items = [Item("create", data=body) for body in bodies]
        outcomes = run_batch(work, app, compiled_form(app, form), items, atomic=atomic)
        return [each.answer if each.failure is None else told(each.failure) for each in outcomes]


def blank(found: Any) -> list[str]:
    """As text, without ids."""
    return [ID.sub("#", str(each)) for each in found]


def stored(runtime, app: str) -> dict[str, list[str]]:
    """Everything that saves leave in the store but ids and batches, in order."""
    mark = MARK[runtime.database.dialect]
    asked = {
        "records": f"SELECT * FROM {app}_partner ORDER BY id",
        "visits": f"SELECT * FROM {app}_visit ORDER BY id",
        "rows": f"SELECT * FROM {app}_visit__lines ORDER BY id",
        "log": "SELECT form, op, actor, source, rev, diff, cause IS NULL FROM ff_change "
        f"WHERE app = {mark} ORDER BY id",
        "runs": "SELECT rule, form, state, at, due_at, late, finished_at, depth, version, matched, actions, "
        f"error, cause IS NULL, occurrence = CAST(cause AS TEXT) FROM ff_rule_run WHERE app = {mark} ORDER BY id",
        "tokens": f"SELECT form, field, token FROM ff_search_token WHERE app = {mark} ORDER BY 1, 2, 3",
    }
    with runtime.reading(SYSTEM) as work:
        return {key: blank(work.rows(text, (app,) if mark in text else ())) for key, text in asked.items()}


@pytest.mark.parametrize("who", [ROOT, LI], ids=["root", "seller"])
@pytest.mark.parametrize("broken", [False, True], ids=["good", "some-bad"])
def test_batches_leave_what_single_saves_leave(ways, who, broken):
    for form, good in GOOD.items():
        bodies = good + (BAD[form] if broken else [])
        assert blank(together(ways, who, form, bodies)) == blank(one_by_one(ways, who, form, bodies))
    left = stored(ways, "many")
    assert left == stored(ways, "one")
    assert all(left.values())
    assert len(left["records"]) == len(GOOD["partner"]) + (1 if broken and who is ROOT else 0)
    assert any("note" in each for each in left["log"]), "the rule after the save ran"


def test_an_atomic_batch_that_fails_after_it_wrote_leaves_nothing(ways):
    bodies = [*GOOD["partner"], {"name": "rich", "amount": "9000"}, {"name": "too little", "amount": "0.50"}]
    with pytest.raises(BatchRefused) as refused:
        together(ways, LI, "partner", bodies, atomic=True)
    assert told(refused.value) == [("forbidden", "/items/5"), ("low", "/items/6/record/amount")]
    assert not any(stored(ways, "many").values())
    assert together(ways, LI, "partner", bodies[:1])[0]["no"] == "P-001"


def test_who_may_create_nothing_hears_it_for_every_item(ways):
    nobody = Principal(user="li")
    assert together(ways, nobody, "partner", GOOD["partner"]) == [[("forbidden", "")]] * len(GOOD["partner"])


def test_new_records_of_rules_have_the_rights_and_the_cause_of_the_rule(ways):
    """What is found once for a batch does not leak into what its rules save as the app."""
    with ways.unit_of_work(LI) as work:
        app = work.app("many")
        intake = Intake(Access(work, app), compiled_form(app, "visit"))
        mine = intake.create({"subject": "mine"})
        with work.as_system("rule", 1):
            theirs = records.create(work, compiled_form(app, "visit"), {"subject": "theirs"})
        again = intake.create({"subject": "again"})
    assert [each["owner"] for each in (mine, theirs, again)] == ["li", "system", "li"]
    with ways.reading(SYSTEM) as work:
        logged = work.rows("SELECT actor, source, cause FROM ff_change ORDER BY id")
    assert logged == [("li", "api", None), ("system", "rule", 1), ("li", "api", None)]


BODIES = st.dictionaries(
    st.sampled_from([*SAMPLES, "nothing", "id", "rev", "rows"]), st.integers(min_value=0), max_size=5
)


def test_a_body_is_read_plainly_only_when_its_reader_would_say_the_same(runtime, people):
    form = publish_sheet(runtime)
    plain = reader(form, UNLIMITED).plain()

    def value(key: str, pick: int) -> Any:
        sample = SAMPLES.get(key)
        tries = [None, 7, "x", *(each[0] for each in (*sample.valid, *sample.wrong))] if sample else [[], "x"]
        return tries[pick % len(tries)]

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BODIES)
    def check(picked: dict[str, int]) -> None:
        body = {f"f_{key}" if key in SAMPLES else key: value(key, pick) for key, pick in picked.items()}
        values, read = plainly_read(form, plain, body), reader(form, UNLIMITED)
        if values is not None:
            assert read.read(body) == values
            assert read.written == values.keys()

    check()
    assert (
        plainly_read(form, plain, {f"f_{key}": each.valid[0][0] for key, each in SAMPLES.items()}) is not None
    )
