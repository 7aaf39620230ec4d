"""Who takes an import back needs the rights to do so by hand, and hears only of records that they may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import Forbidden
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import update_user
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from forms.imports import service
from forms.transfers.repository import Transfer
from tests.forms.imports.desk import DESK, finish, label, run_import


def as_li(runtime: Runtime, principal: Any, actions: Sequence[str], *grants: dict[str, Any]) -> Principal:
    """Li with these actions on customers, and further grants."""
    own = [{"form": "customer", "actions": ["view", *actions]}, *grants]
    role = {"key": "narrow", "label": label("窄", "narrow"), "grants": own}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**DESK, "role": {**DESK["role"], "narrow": role}})
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        update_user(work, "li", {"roles": ["narrow"]})
    found: Principal = principal("li")
    return found


def undo(runtime: Runtime, who: Principal, done: Transfer) -> str:
    with runtime.unit_of_work(who) as work:
        service.undo(work, done.id)
    return finish(runtime, done).state


@pytest.mark.parametrize("lost", ["import", "update", "delete"])
def test_an_import_is_taken_back_with_the_rights_to_do_so_by_hand(runtime, desk, principal, tmp_path, lost):
    actions = ["create", "import", "update", "delete"]
    li = as_li(runtime, principal, actions)
    run_import(runtime, "customer", b"name\na\n", tmp_path, who=li)
    rows = b"name,note\na,x\nb,x\n"
    done = run_import(runtime, "customer", rows, tmp_path, who=li, mode="upsert", on=["name"])
    assert done.report["counts"] == {"inserted": 1, "updated": 1, "unchanged": 0, "failed": 0}
    with pytest.raises(Forbidden):
        undo(runtime, as_li(runtime, principal, [each for each in actions if each != lost]), done)
    assert undo(runtime, as_li(runtime, principal, actions), done) == "undone"


@pytest.mark.parametrize(
    ("grants", "shown"),
    [
        ([], {"…"}),
        ([{"form": "sale", "actions": ["view"], "where": 'ref_no = "S1"'}], {"…", "sale/S1"}),
        ([{"form": "sale", "actions": ["view"]}], {"sale/S1", "sale/S2", "sale/S3"}),
    ],
)
def test_records_in_the_way_are_named_to_those_alone_who_see_them(
    runtime, desk, principal, tmp_path, grants, shown
):
    li = as_li(runtime, principal, ["create", "import", "delete"], *grants)
    done = run_import(runtime, "customer", b"name\na\n", tmp_path, who=li)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        customer = work.row(f"SELECT id FROM {compiled_form(app, 'customer').table}")[0]
        sale = compiled_form(app, "sale")
        made = {
            f"sale/{records.create(work, sale, {'ref_no': each, 'customer': customer})['id']}": f"sale/{each}"
            for each in ("S1", "S2", "S3")
        }
    with pytest.raises(service.NotUndoable) as refused:
        undo(runtime, li, done)
    [hindering] = refused.value.details["records"]
    assert {made.get(each, each) for each in hindering["by"]} == shown
    assert len(hindering["by"]) == len(shown)
