"""What publishing says about flows drawn wrong: every remark names the node and points at it."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.flows.desk import DISCOUNT, approval, documents, edges, end, one_step, start


def findings(*flows, form=None):
    from api.boot import BUILT_INS
    from engine.definitions.check import check_app
    from engine.registry import fill

    source = documents(*flows)
    return list(check_app(source, fill(BUILT_INS)).findings)


def codes(*flows):
    return {(finding.code, finding.pointer) for finding in findings(*flows)}


def flow(nodes, edge_text, *, more_edges=()):
    return {
        "key": "f",
        "label": {"zh": "流程", "en": "flow"},
        "form": "deal",
        "nodes": nodes,
        "edges": [*edges(edge_text), *more_edges],
    }


LI = {"user": "li"}


def test_a_sound_flow_has_no_findings():
    assert findings(DISCOUNT) == []


def without_edge(source, target):
    broken = deepcopy(DISCOUNT)
    broken["edges"] = [e for e in broken["edges"] if (e["from"], e["to"]) != (source, target)]
    return broken


def test_a_missing_reject_edge_names_the_approval():
    [found] = findings(without_edge("n2", "undo"))
    assert (found.code, found.pointer) == ("reject_edge_missing", "/flows/discount/nodes/4")
    assert "step n2" in found.message["zh"]
    assert "n2" in found.message["en"]
    assert found.fix["zh"]


def test_a_branch_without_default_shows_a_case_without_a_way_out():
    broken = deepcopy(DISCOUNT)
    for each in broken["edges"]:
        if each["to"] == "effects" and each.get("default"):
            del each["default"]
            each["when"] = "amount < 200"
    [found] = findings(broken)
    assert (found.code, found.pointer) == ("branch_without_default", "/flows/discount/nodes/3")
    assert "amount = 200" in found.message["en"]


def test_conditions_that_cover_everything_need_no_default():
    covered = deepcopy(DISCOUNT)
    for each in covered["edges"]:
        if each["to"] == "effects" and each.get("default"):
            del each["default"]
            each["when"] = "amount <= 200"
    assert findings(covered) == []


def test_a_dead_end_and_an_unreachable_node():
    broken = flow(
        [
            start(),
            approval("n", LI),
            end("ok", "approved"),
            approval("lost", LI),
            {"key": "m", "type": "exclusive"},
        ],
        "start>n n>ok:approve n>m:reject lost>ok:approve lost>ok:reject",
    )
    assert codes(broken) == {("unreachable_node", "/flows/f/nodes/3"), ("dead_end", "/flows/f/nodes/4")}


def test_a_join_without_a_split():
    broken = flow(
        [start(), approval("n", LI), {"key": "j", "type": "join"}, end("ok", "approved")],
        "start>n n>j:approve n>j:reject j>ok",
    )
    assert ("join_without_split", "/flows/f/nodes/2") in codes(broken)


def test_a_loop_without_people():
    broken = flow(
        [
            start(),
            {"key": "x", "type": "exclusive"},
            {"key": "y", "type": "exclusive"},
            end("ok", "approved"),
        ],
        "start>x y>x x>ok!",
        more_edges=[{"from": "x", "to": "y", "when": "amount > 1"}],
    )
    assert {code for code, _ in codes(broken)} == {"endless_loop"}


PARALLEL = [
    start(),
    {"key": "fork", "type": "parallel"},
    approval("a", LI),
    approval("b", LI),
    {"key": "join", "type": "join"},
    end("ok", "approved"),
    end("no", "rejected"),
]


def test_parallel_branches_that_meet_are_sound():
    sound = "start>fork fork>a fork>b a>join:approve b>join:approve a>no:reject b>no:reject join>ok"
    assert findings(flow(PARALLEL, sound)) == []


def test_an_end_reached_while_a_branch_is_open():
    broken = flow(
        PARALLEL, "start>fork fork>a fork>b a>ok:approve b>join:approve a>no:reject b>no:reject join>ok"
    )
    assert "improper_completion" in {code for code, _ in codes(broken)}


def test_a_join_that_waits_for_a_branch_that_is_not_taken():
    nodes = [start(), {"key": "x", "type": "exclusive"}, *PARALLEL[2:]]
    broken = flow(
        nodes,
        "start>x x>b! a>join:approve b>join:approve a>no:reject b>no:reject join>ok",
        more_edges=[{"from": "x", "to": "a", "when": "amount > 1"}],
    )
    assert "join_without_split" in {code for code, _ in codes(broken)}


@pytest.mark.parametrize(
    ("assignee", "code", "part"),
    [
        ({"role": "boss"}, "unknown_role", "role"),
        ({"field": "boss"}, "unknown_name", "field"),
        ({"path": "name"}, "not_a_person", "path"),
        ({"dept_head_of": "owner"}, "not_a_person", "dept_head_of"),
    ],
)
def test_people_who_cannot_be_found(assignee, code, part):
    [found] = findings(one_step(approval("n", assignee)))
    assert found.pointer == f"/flows/simple/nodes/1/assignees/0/{part}"
    assert found.code == code or code == "unknown_name"


def test_fields_that_do_not_exist():
    write = ["note", "lines.checked", "nota", "lines", "rev"]
    broken = one_step(approval("n", LI, write=write, hidden=["lines.colour", "rev"]))
    assert codes(broken) == {
        ("unknown_field", "/flows/simple/nodes/1/write/2"),
        ("derived_field", "/flows/simple/nodes/1/write/4"),
        ("unknown_field", "/flows/simple/nodes/1/hidden/0"),
    }


def test_unknown_names_and_kinds_get_advice():
    broken = one_step(approval("n", LI, asignees=[]))
    [found] = findings(broken)
    assert (found.code, found.pointer) == ("unknown_key", "/flows/simple/nodes/1/asignees")
    assert "assignees" in found.fix["en"]
    broken = one_step({**approval("n", LI), "type": "aproval"})
    [found] = findings(broken)
    assert (found.code, found.pointer) == ("unknown_node_type", "/flows/simple/nodes/1/type")
    assert "approval" in found.fix["en"]


def test_edges_to_nowhere_and_two_starts():
    broken = flow([start(), end("ok", "approved")], "start>okk")
    assert codes(broken) == {("unknown_node", "/flows/f/edges/0/to")}
    broken = flow([start(), start(), end("ok", "approved")], "start>ok")
    assert {code for code, _ in codes(broken)} == {"duplicate_node", "one_start"}
    assert {
        code for code, _ in codes(flow([start(), approval("n", LI)], "start>n n>start:reject n>n:approve"))
    } == {"no_end"}


def test_conditions_belong_to_exclusive_branches():
    broken = flow(
        [start(), approval("n", LI), end("ok", "approved")],
        "n>ok:reject",
        more_edges=[
            {"from": "start", "to": "n", "when": "amount > 1"},
            {"from": "n", "to": "ok", "on": "approve", "when": "true"},
        ],
    )
    assert codes(broken) == {
        ("condition_not_expected", "/flows/f/edges/1"),
        ("edge_without_decision", "/flows/f/edges/2"),
    }


def test_wrong_conditions_and_actions_are_found_at_their_place():
    broken = deepcopy(DISCOUNT)
    broken["edges"][1]["when"] = "amout <= 100"
    broken["nodes"][5]["actions"][0] = {"type": "set_field", "set": {}}
    broken["nodes"][0]["when"] = "amount + 1"
    pointers = {pointer for _, pointer in codes(broken)}
    assert {
        "/flows/discount/edges/1/when",
        "/flows/discount/nodes/5/actions/0/type",
        "/flows/discount/nodes/0/when",
    } <= pointers


def test_a_user_who_does_not_exist_is_refused_when_the_flow_is_published(runtime, people):
    from engine.errors import Invalid
    from tests.flows.desk import publish_desk

    with pytest.raises(Invalid) as refused:
        publish_desk(runtime, one_step(approval("n", {"user": "nobody"})))
    assert [finding.code for finding in refused.value.findings] == ["unknown_user"]
