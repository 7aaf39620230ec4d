"""S54: two fields are added while people work; first a pilot group has them, then all."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

RECORDS = "/apps/crm/forms/{}/records"


def put(root, kind, document):
    answer = root.put(f"/apps/crm/draft/{kind}/{document['key']}", document)
    assert answer.status_code == 200, answer.text


def add(root, form, field):
    document = root.get(f"/apps/crm/draft/form/{form}").json()
    document["fields"].append(field)
    put(root, "form", document)


CHAIN = {"key": "decision_chain", "type": "textarea", "label": {"zh": "决策链", "en": "Decision chain"}}
CUSTOMER = {
    "key": "customer_name",
    "type": "lookup",
    "path": "opportunity.customer.name",
    "label": {"zh": "客户名称", "en": "Customer name"},
}


@pytest.fixture
def drafted(crm):
    """Both fields drafted."""
    root = crm.by("root")
    add(root, "customer", CHAIN)
    add(root, "activity", CUSTOMER)
    return root


def publish(root, **wish):
    answer = root.post("/apps/crm/draft:publish", wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_added_live_old_rows_keep_rev_and_moment_and_everything_knows_the_fields(crm, drafted):
    c1 = f"{RECORDS.format('customer')}/{crm.ids['C1']}"
    before = drafted.get(c1).json()
    done = publish(drafted)
    assert {step["risk"] for step in done["steps"]} == {"safe"}
    after = drafted.get(c1).json()
    assert (after["rev"], after["updated_at"]) == (before["rev"], before["updated_at"])
    assert after["decision_chain"] is None
    listed = drafted.get(RECORDS.format("customer"), params={"fields": "name,decision_chain", "limit": 2})
    assert all("decision_chain" in row for row in listed.json()["items"])
    assert "decision_chain" in drafted.get("/apps/crm/forms/customer/schema").text
    saved = crm.by("root").patch(c1, {"name": before["name"], "base_version": before["version"]})
    assert saved.status_code == 200, saved.text
    changed = drafted.patch(c1, {"decision_chain": "采购 → 财务"})
    assert changed.json()["decision_chain"] == "采购 → 财务"
    history = drafted.get(f"{c1}/history").text
    assert "decision_chain" in history


def test_the_import_template_and_the_report_builder_know_the_fields(crm, drafted):
    wang = crm.by("wang")
    assert "决策链" not in headers(wang, "customer")
    activity = made_activity(crm)
    publish(drafted)
    assert "决策链" in headers(wang, "customer")
    assert "客户名称" not in headers(wang, "activity")  # read live, so it is not brought in
    c1 = f"{RECORDS.format('customer')}/{crm.ids['C1']}"
    assert drafted.patch(c1, {"decision_chain": "老板"}).status_code == 200
    shown = crm.get("activity", activity)
    assert shown["customer_name"] == "苏州鼎盛商贸有限公司"
    assert counted(drafted, "customer", "decision_chain") == {"老板": 1, None: 4}
    assert counted(drafted, "activity", "customer_name") == {"苏州鼎盛商贸有限公司": 1}


def headers(user, form):
    """The columns of the template for imports."""
    answer = user.get(f"/apps/crm/forms/{form}/import-template", params={"language": "zh"})
    assert answer.status_code == 200, answer.text
    first = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()[0]
    return {str(each).rstrip(" *") for each in first}


def made_activity(crm):
    """An activity of an opportunity of C1."""
    opportunity = crm.create(
        "li", "opportunity", name="扩容", customer=crm.ids["C1"], amount="1000.00", expect_close="2026-06-30"
    )
    about = {"type": "call", "subject": "电话", "customer": crm.ids["C1"]}
    made = crm.create("li", "activity", opportunity=opportunity["id"], **about)
    return made["id"]


def counted(user, form, dimension):
    """How many records have each value, as the report builder tells."""
    spec = {
        "from": form,
        "dimensions": [{"id": "value", "field": dimension}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    answer = user.post("/apps/crm/draft/reports:preview", spec)
    assert answer.status_code == 200, answer.text
    return {row["value"]: row["n"] for row in answer.json()["rows"]}


def test_first_the_jiangsu_group_then_everybody(crm, drafted):
    c1 = f"{RECORDS.format('customer')}/{crm.ids['C1']}"
    publish(drafted, pilot={"departments": ["east_js"]})
    assert "decision_chain" in crm.by("li").get(c1).json()
    assert "decision_chain" not in drafted.get(c1).json()
    assert crm.by("li").patch(c1, {"decision_chain": "老板"}).status_code == 200
    assert drafted.patch(c1, {"name": drafted.get(c1).json()["name"] + "公司"}).status_code == 200
    promoted = drafted.post("/apps/crm/pilot:promote")
    assert promoted.status_code == 200, promoted.text
    assert drafted.get(c1).json()["decision_chain"] == "老板"


def test_a_new_required_field_warns_of_the_rows_that_lack_it(crm):
    root = crm.by("root")
    add(root, "customer", CHAIN | {"required": True})
    planned = root.post("/apps/crm/draft:plan").json()
    (step,) = [each for each in planned["steps"] if each["pointer"].endswith("/decision_chain")]
    assert (step["risk"], step["rows"] > 0) == ("warn", True)
    publish(root)
    c1 = f"{RECORDS.format('customer')}/{crm.ids['C1']}"
    assert root.get(c1).status_code == 200
    refused = root.patch(c1, {"name": "另一个名称"})
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/decision_chain"]
    assert root.patch(c1, {"name": "另一个名称", "decision_chain": "老板"}).status_code == 200
