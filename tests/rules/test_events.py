"""Rules on created, updated and deleted: order, effects, failures, depth."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from forms import records
from forms.compiled import compiled_form
from tests.rules.small_crm import Crm, publish_rules, rule


def put(**values):
    return {"type": "set_fields", "set": values}


def expr(source):
    return {"expr": source}


@pytest.fixture
def crm(runtime, people):
    def publish(*rules):
        publish_rules(runtime, *rules)
        return Crm(runtime)

    return publish


def test_created_fires_once_and_leaves_a_run_record(crm):
    app = crm(rule("hello", "opportunity", {"type": "created"}, [put(note="new")], when='stage = "initial"'))
    record = app.create("opportunity", name="OP")
    app.update("opportunity", record, name="OP2")
    assert app.get("opportunity", record)["note"] == "new"
    [run] = app.runs("hello")
    assert (run.state, run.matched, run.record) == ("done", {"stage": "initial"}, record)
    assert run.actions[0]["type"] == "set_fields"


def test_updated_looks_at_named_fields_only(crm):
    app = crm(
        rule(
            "won",
            "opportunity",
            {"type": "updated", "fields": ["stage"]},
            [put(note="won")],
            when='stage = "won"',
        )
    )
    record = app.create("opportunity", name="OP", stage="won")
    app.update("opportunity", record, amount=100)
    assert app.runs("won") == []
    app.update("opportunity", record, stage="need")
    assert app.runs("won") == []
    app.update("opportunity", record, stage="won")
    assert app.get("opportunity", record)["note"] == "won"


def test_old_values_are_known_to_updated(crm):
    app = crm(
        rule(
            "grown",
            "opportunity",
            {"type": "updated", "fields": ["amount"]},
            [put(note=expr('"from " & stage'))],
            when="amount > old.amount",
        )
    )
    record = app.create("opportunity", name="OP", amount=100)
    app.update("opportunity", record, amount=50)
    assert app.runs("grown") == []
    app.update("opportunity", record, amount=51)
    assert len(app.runs("grown")) == 1


def test_deleted_sees_the_record_as_it_was(crm):
    app = crm(
        rule(
            "gone",
            "opportunity",
            {"type": "deleted"},
            [{"type": "create_record", "form": "task", "set": {"title": expr('"lost " & name')}}],
            when='stage = "won"',
        )
    )
    app.delete("opportunity", app.create("opportunity", name="A"))
    app.delete("opportunity", app.create("opportunity", name="B", stage="won"))
    assert [task["title"] for task in app.all("task")] == ["lost B"]


def test_lower_priority_runs_first_and_may_stop_a_later_one_but_not_start_it(crm):
    app = crm(
        rule("second", "opportunity", {"type": "created"}, [put(note=expr('note & "2"'))], priority=20),
        rule("first", "opportunity", {"type": "created"}, [put(note="1")], priority=10),
        rule(
            "stopped", "opportunity", {"type": "created"}, [put(risk=True)], priority=30, when="ISBLANK(note)"
        ),
        rule(
            "started", "opportunity", {"type": "created"}, [put(risk=True)], priority=30, when='note = "12"'
        ),
    )
    record = app.get("opportunity", app.create("opportunity", name="OP"))
    assert (record["note"], record["risk"]) == ("12", False)


def test_what_a_rule_wrote_fires_rules_as_a_save_of_its_own(crm):
    app = crm(
        rule("first", "opportunity", {"type": "created"}, [put(note="1")]),
        rule(
            "next", "opportunity", {"type": "updated"}, [put(risk=True)], when='note = "1" and risk = false'
        ),
    )
    record = app.get("opportunity", app.create("opportunity", name="OP"))
    assert record["risk"] is True
    [run] = app.runs("next")
    assert run.depth == 1
    assert run.cause is not None


def test_rules_that_only_set_fields_are_saved_together_and_each_leaves_its_run(crm):
    app = crm(
        rule("a", "opportunity", {"type": "created"}, [put(note=expr('name & "!"'))]),
        rule("b", "opportunity", {"type": "created"}, [put(risk=True)], when='name = "OP"'),
        rule("c", "opportunity", {"type": "created"}, [{**put(amount=500), "when": 'stage = "won"'}]),
    )
    record = app.get("opportunity", app.create("opportunity", name="OP"))
    assert (record["note"], record["risk"], record["amount"], record["rev"]) == ("OP!", True, None, 2)
    assert [app.runs(key)[0].state for key in "abc"] == ["done"] * 3
    assert app.runs("c")[0].actions == [{"type": "set_fields", "skipped": "condition"}]


def test_one_of_them_failing_is_blamed_alone(crm):
    app = crm(
        rule("a", "opportunity", {"type": "created"}, [put(note="a")]),
        rule("b", "opportunity", {"type": "created"}, [put(customer=expr("name"))]),
        rule("c", "opportunity", {"type": "created"}, [put(risk=True)]),
    )
    record = app.get("opportunity", app.create("opportunity", name="nobody"))
    assert (record["note"], record["customer"], record["risk"]) == ("a", None, True)
    assert [app.runs(key)[0].state for key in "abc"] == ["done", "failed", "done"]


def test_a_rule_that_reads_what_one_before_it_wrote_sees_it(crm):
    app = crm(
        rule("a", "opportunity", {"type": "created"}, [put(note="a")]),
        rule("b", "opportunity", {"type": "created"}, [put(name=expr('note & "b"'))]),
    )
    assert app.get("opportunity", app.create("opportunity", name="OP"))["name"] == "ab"


def test_before_rules_see_what_those_before_them_set(crm):
    app = crm(
        rule("b", "opportunity", {"type": "created"}, [put(risk=True)], phase="before", when='note = "a"'),
        rule("a", "opportunity", {"type": "created"}, [put(note="a")], phase="before"),
        rule(
            "none", "opportunity", {"type": "created"}, [put(note="z")], phase="before", when='stage = "won"'
        ),
    )
    record = app.get("opportunity", app.create("opportunity", name="OP"))
    assert (record["note"], record["risk"], record["rev"]) == ("a", True, 1)


def test_a_failing_rule_undoes_its_own_effects_and_leaves_the_save(crm):
    app = crm(
        rule(
            "broken",
            "opportunity",
            {"type": "created"},
            [
                put(note="half"),
                {"type": "create_record", "form": "opportunity", "set": {"customer": "nobody"}},
            ],
        ),
        rule("after", "opportunity", {"type": "created"}, [put(risk=True)], priority=200),
    )
    record = app.get("opportunity", app.create("opportunity", name="OP"))
    assert (record["note"], record["risk"]) == (None, True)
    [run] = app.runs("broken")
    assert run.state == "failed"
    assert run.error["message"]["zh"]


def test_rules_that_trigger_each_other_end_after_eight_steps_and_say_so(crm):
    app = crm(
        rule(
            "ping", "opportunity", {"type": "updated", "fields": ["amount"]}, [put(amount=expr("amount + 1"))]
        ),
    )
    record = app.create("opportunity", name="OP", amount=0)
    app.update("opportunity", record, amount=100)
    runs = app.runs("ping")
    assert [run.state for run in runs].count("failed") == 1
    assert {run.error["code"] for run in runs if run.state == "failed"} == {"cascade_too_deep"}
    assert app.get("opportunity", record)["amount"] == 100 + 8 * 100


def test_a_person_is_not_needed_rules_run_with_the_rights_of_the_app(crm, principal, runtime):
    app = crm(rule("hello", "opportunity", {"type": "created"}, [put(note=expr("$me"))]))
    app.principal = principal("li")
    record = app.create("opportunity", name="OP")
    app.principal = SYSTEM
    found = app.get("opportunity", record)
    assert (found["note"], found["updated_by"], found["created_by"]) == ("li", "system", "li")


def test_before_rules_set_values_in_the_same_save(crm):
    app = crm(
        rule(
            "stamp",
            "opportunity",
            {"type": "updated", "fields": ["stage"]},
            [put(stage_since=expr("NOW()"), note=expr('">" & stage'))],
            phase="before",
        )
    )
    record = app.create("opportunity", name="OP")
    app.update("opportunity", record, stage="need")
    found = app.get("opportunity", record)
    assert (found["note"], found["rev"]) == (">need", 2)
    assert found["stage_since"] is not None
    [run] = app.runs("stamp")
    assert run.state == "done"


def test_a_before_rule_may_forbid_with_a_message(crm):
    app = crm(
        rule(
            "gate",
            "opportunity",
            {"type": "updated", "fields": ["stage"]},
            [
                {
                    "type": "forbid",
                    "field": "amount",
                    "code": "gate_amount",
                    "message": {"zh": "赢单须有金额。", "en": "A won opportunity needs an amount."},
                }
            ],
            phase="before",
            when='stage = "won" and ISBLANK(amount)',
        )
    )
    record = app.create("opportunity", name="OP")
    with pytest.raises(Invalid) as refused:
        app.update("opportunity", record, stage="won")
    assert [(each.pointer, each.code) for each in refused.value.findings] == [("/amount", "gate_amount")]
    assert app.get("opportunity", record)["stage"] == "initial"
    app.update("opportunity", record, stage="won", amount=100)


def test_a_locked_record_refuses_rules_too(crm, runtime):
    app = crm(
        rule(
            "touch",
            "activity",
            {"type": "created"},
            [{"type": "set_fields", "target": "opportunity", "set": {"note": "touched"}}],
        )
    )
    record = app.create("opportunity", name="OP")
    with runtime.unit_of_work(SYSTEM) as work:
        from sqlalchemy import insert

        from engine.storage.tables import record_lock

        work.connection.execute(
            insert(record_lock).values(
                record=record, app="crm", form="opportunity", instance="i1", editors={}
            )
        )
    app.create("activity", opportunity=record)
    assert app.get("opportunity", record)["note"] is None
    [run] = app.runs("touch")
    assert (run.state, run.error["code"]) == ("failed", "record_locked")


def test_a_save_and_what_its_rules_did_are_one_transaction(crm, runtime):
    app = crm(rule("hello", "opportunity", {"type": "created"}, [put(note="new")]))
    with pytest.raises(ZeroDivisionError), runtime.unit_of_work(SYSTEM) as work:
        records.create(work, compiled_form(work.app("crm"), "opportunity"), {"name": "OP"})
        raise ZeroDivisionError
    assert app.all("opportunity") == []
    assert app.runs("hello") == []


def test_webhook_is_called_after_commit_with_typed_values(crm, runtime, http_stub):
    app = crm(
        rule(
            "push",
            "opportunity",
            {"type": "created"},
            [
                {
                    "type": "webhook",
                    "url": f"{http_stub.url}/op/{{{{name}}}}",
                    "headers": {"X-Source": "crm"},
                    "body": {
                        "no": expr("name"),
                        "amount": expr("amount"),
                        "kind": "op",
                        "tags": [expr("stage")],
                    },
                }
            ],
        )
    )
    app.create("opportunity", name="甲/1", amount=123450)
    assert http_stub.requests == []
    Worker(runtime).run_due()
    [request] = http_stub.requests
    assert request.path == "/op/%E7%94%B2%2F1"
    assert request.json() == {"no": "甲/1", "amount": "1234.50", "kind": "op", "tags": ["initial"]}
    assert request.headers["x-source"] == "crm"
    assert request.headers["idempotency-key"]


def test_what_an_action_created_is_known_to_later_ones_and_empty_when_it_was_skipped(crm):
    app = crm(
        rule(
            "chain",
            "lead",
            {"type": "created"},
            [
                {
                    "type": "create_record",
                    "when": "consent",
                    "form": "opportunity",
                    "as": "op",
                    "set": {"name": expr("name")},
                },
                {
                    "type": "create_record",
                    "form": "activity",
                    "set": {"opportunity": expr("$op"), "happened_at": expr("NOW()")},
                },
            ],
        )
    )
    app.create("lead", name="with", consent=True)
    app.create("lead", name="without")
    [opportunity] = app.all("opportunity")
    assert [activity["opportunity"] for activity in app.all("activity")] == [opportunity["id"], None]
    assert [run.state for run in app.runs("chain")] == ["done", "done"]
