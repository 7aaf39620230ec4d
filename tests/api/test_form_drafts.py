"""A sheet or a JSON Schema becomes a form over the API, drafted or with its rows at once."""

from __future__ import annotations

import io
from datetime import date

import pytest
import xlsxwriter

from engine.jobs.worker import Worker

APP = {"key": "shop", "label": {"zh": "小店", "en": "Shop"}}
NOTE = {
    "key": "note",
    "label": {"zh": "便签", "en": "Note"},
    "fields": [{"key": "text", "type": "text", "label": {"zh": "内容", "en": "Text"}}],
}
HEADER = [
    "客户编号",
    "客户名称",
    "级别",
    "签约日期",
    "合同金额",
    "联系电话",
    "邮箱",
    "启用",
    "备注",
    "",
    "级别",
]
LEVELS = ["A 级", "B 级", "A 级"]


def rows(count=9):
    for number in range(count):
        yield [
            f"C-{number:04}",
            f"客户 {number}",
            LEVELS[number % 3],
            date(2026, 3, 1 + number),
            "￥1,000,000.50" if number == 0 else 1000.5 + number,
            f"138{number:08}",
            f"a{number}@b.cn",
            "是" if number % 2 else "否",
            "第一行\n第二行" if number == 3 else None,
            "x",
            "y",
        ]


def workbook(header=HEADER, body=None):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("客户")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, cells in enumerate([header, *(body or rows())]):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, day)
                elif cell is not None:
                    sheet.write(at, column, cell)
    return target.getvalue()


@pytest.fixture
def root(as_user, people):
    user = as_user("root")
    user.put("/apps/shop/draft/app/shop", APP)
    user.put("/apps/shop/draft/form/note", NOTE)
    assert user.post("/apps/shop/draft:publish").status_code == 200
    return user


def send(user, content, **params):
    return user.request("POST", "/apps/shop/draft/forms:from_excel", content=content, params=params)


KINDS = {
    "ke_hu_bian_hao": "text",
    "ke_hu_ming_cheng": "text",
    "ji_bie": "select",
    "qian_yue_ri_qi": "date",
    "he_tong_jin_e": "money",
    "lian_xi_dian_hua": "phone",
    "you_xiang": "email",
    "qi_yong": "bool",
    "bei_zhu": "textarea",
}


def test_a_sheet_becomes_a_draft_with_types_keys_and_labels(root):
    made = send(root, workbook(), key="customer", name="客户.xlsx")
    assert made.status_code == 200, made.text
    body = made.json()
    fields = {each["key"]: each for each in body["document"]["fields"]}
    assert {key: each["type"] for key, each in fields.items()} == KINDS
    assert fields["ji_bie"]["options"] == [
        {"key": "a_ji", "label": {"zh": "A 级", "en": "A 级"}},
        {"key": "b_ji", "label": {"zh": "B 级", "en": "B 级"}},
    ]
    assert (fields["ke_hu_bian_hao"]["unique"], fields["ke_hu_bian_hao"]["required"]) == (True, True)
    assert body["document"]["label"] == {"zh": "客户", "en": "客户"}
    assert body["document"]["title"] == "ke_hu_bian_hao"
    assert [each["code"] for each in body["remarks"]] == ["no_title", "double_column"]
    assert body["import"]["mapping"]["客户名称"] == "ke_hu_ming_cheng"
    assert root.get("/apps/shop/draft/form/customer").json() == body["document"]
    assert root.get("/apps/shop/documents/form/customer").status_code == 404
    assert root.post("/apps/shop/draft:check").json()["ok"]


def test_a_sheet_becomes_a_form_with_its_records_at_once(root, runtime):
    refused = send(root, workbook(), key="customer", name="客户.xlsx", load="true")
    assert [each["code"] for each in refused.json()["errors"]] == ["double_column"]
    once = workbook(header=HEADER[:-1])
    made = send(root, once, key="customer", name="客户.xlsx", load="true")
    assert made.status_code == 202, made.text
    Worker(runtime).run_due()
    transfer = root.get(f"/apps/shop/forms/customer/imports/{made.json()['transfer']['id']}").json()
    assert (transfer["state"], transfer.get("counts", {}).get("inserted")) == ("done", 9), repr(
        transfer.get("findings")
    )
    listed = root.get("/apps/shop/forms/customer/records", params={"sort": "ke_hu_bian_hao"}).json()["items"]
    first = listed[0]
    assert (first["he_tong_jin_e"], first["qi_yong"], first["ji_bie"]) == ("1000000.50", False, "a_ji")
    assert (first["lian_xi_dian_hua"], first["qian_yue_ri_qi"]) == ("+8613800000000", "2026-03-01")
    assert listed[3]["bei_zhu"] == "第一行\n第二行"


def test_a_csv_file_does_as_well(root):
    content = "name,amount\nann,1.5\nbob,2\n".encode("gb18030")
    made = send(root, content, key="person", label="People").json()
    assert [(each["key"], each["type"]) for each in made["document"]["fields"]] == [
        ("name", "text"),
        ("amount", "money"),
    ]


def test_what_cannot_become_a_form_is_refused(root, as_user):
    assert send(root, workbook(), key="note").json()["code"] == "form_there"
    assert send(root, workbook(), key="Bad Key").json()["errors"][0]["code"] == "invalid_key"
    assert send(root, workbook(header=[" ", " "], body=[[" "]]), key="x").status_code == 422
    assert send(root, b"PK\x03\x04 broken", key="x").json()["errors"][0]["code"] == "broken_file"
    assert send(root, workbook(), key="x", sheet="none").json()["errors"][0]["code"] == "unknown_sheet"
    assert send(as_user("li"), workbook(), key="x").status_code == 403
    assert (
        root.request("POST", "/apps/none/draft/forms:from_excel?key=x", content=workbook()).status_code == 404
    )


def test_a_json_schema_becomes_a_draft(root, as_user):
    path = "/apps/shop/draft/forms:from_json_schema"
    schema = {"type": "object", "properties": {"名称": {"type": "string"}, "x": {"type": "object"}}}
    made = root.post(path, {"key": "thing", "schema": schema, "label": {"zh": "物品", "en": "Thing"}})
    assert made.status_code == 200, made.text
    document = made.json()["document"]
    assert [each["type"] for each in document["fields"]] == ["text", "json"]
    assert [each["code"] for each in made.json()["remarks"]] == ["kept_as_json"]
    assert root.get("/apps/shop/draft/form/thing").json() == document
    assert root.post(path, {"key": "y", "schema": {"type": "array"}}).json()["code"] == "not_an_object_schema"
    assert root.post(path, {"key": "y", "schema": []}).json()["errors"][0]["pointer"] == "/schema"
    assert as_user("li").post(path, {"key": "y", "schema": schema}).status_code == 403


def test_the_schema_of_a_form_makes_such_a_form_again(root):
    send(root, workbook(header=HEADER[:-1]), key="customer", load="true")
    schema = root.get("/apps/shop/forms/customer/schema").json()
    again = root.post("/apps/shop/draft/forms:from_json_schema", {"key": "again", "schema": schema})
    assert again.status_code == 200, again.text
    kinds = {each["key"]: each["type"] for each in again.json()["document"]["fields"]}
    assert {key: kinds.get(key) for key in ("ji_bie", "qian_yue_ri_qi", "qi_yong", "you_xiang")} == {
        "ji_bie": "select",
        "qian_yue_ri_qi": "date",
        "qi_yong": "bool",
        "you_xiang": "email",
    }


def test_a_schema_that_says_the_same_parts_without_end_is_read_to_a_bound(root):
    def part(number):
        properties = {f"p{each}": {"$ref": f"#/$defs/d{number + 1}"} for each in range(20)}
        return {"type": "object", "properties": properties}

    parts = {f"d{each}": part(each) for each in range(9)} | {"d9": {"type": "object", "properties": {}}}
    fields = {"name": {"type": "string"}, "all": {"$ref": "#/$defs/d0"}}
    schema = {"type": "object", "properties": fields, "$defs": parts}
    made = root.post("/apps/shop/draft/forms:from_json_schema", {"key": "many", "schema": schema})
    assert made.status_code == 200, made.text
    assert len(made.json()["document"]["fields"]) <= 300
