"""Printing over HTTP: who may, what comes, several at once, and the preview of a draft."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from tests.api.test_files import uploaded
from tests.engine.files.pictures import exif, picture
from tests.forms.printing.press import BASE, publish_press, save, template

DEALS = "/apps/press/forms/deal"
PREVIEW = "/apps/press/draft/print_template/sheet:preview"


@pytest.fixture
def root(runtime, people, as_user):
    document = template(
        "<p>{{no}}: {{note}}</p>{{photo}}", "<p>No. {{no}}: {{note}}</p>", file_name={"zh": "{{no}}"}
    )
    publish_press(runtime, document)
    return as_user("root")


@pytest.fixture
def deal(root, runtime):
    return save(runtime, "deal", note="备注 <b>")


def words(answer):
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(answer.content)).pages]


def test_a_record_comes_as_pdf_or_html(root, deal):
    assert words(root.get(f"{DEALS}/records/{deal}/print/sheet")) == ["D-0001:备注<b>"]
    page = root.get(f"{DEALS}/records/{deal}/print/sheet?format=html&language=en")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<p>No. D-0001: 备注 &lt;b&gt;</p>" in page.text


def test_a_printed_page_can_do_nothing(root, deal):
    for form, name in (("html", "D-0001.html"), ("pdf", "D-0001.pdf")):
        headers = root.get(f"{DEALS}/records/{deal}/print/sheet?format={form}").headers
        assert headers["content-disposition"].startswith(f'inline; filename="{name}"')
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "sandbox" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == (
            "nosniff",
            "private, no-store",
        )


def test_the_language_is_that_of_the_client(root, deal):
    path = f"{DEALS}/records/{deal}/print/sheet"
    assert words(root.get(path, headers={"accept-language": "en"})) == ["No.D-0001:备注<b>"]
    assert words(root.get(f"{path}?language=zh", headers={"accept-language": "en"})) == ["D-0001:备注<b>"]


def test_wrong_questions_are_named(root, deal):
    path = f"{DEALS}/records/{deal}/print"
    for query, pointer in (("format=doc", "/format"), ("language=fr", "/language")):
        answer = root.get(f"{path}/sheet?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert root.get(f"{path}/sheet?size=A4").json()["code"] == "unknown_parameter"
    assert root.get(f"{path}/other").json()["code"] == "template_not_found"
    assert (
        root.get(f"/apps/press/forms/customer/records/{deal}/print/sheet").json()["code"]
        == "template_not_found"
    )
    assert root.get(f"{DEALS}/records/none/print/sheet").status_code == 404


def test_printing_takes_its_own_right(root, deal, as_user, runtime):
    from engine.definitions.publish import publish
    from engine.identity.principal import SYSTEM

    grants = {"sales_rep": ["view", "print"], "regional_manager": ["view"]}
    roles = {
        key: {"key": key, "label": {"zh": key, "en": key}, "grants": [{"form": "deal", "actions": actions}]}
        for key, actions in grants.items()
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**BASE, "print_template": {"sheet": template("{{no}}")}, "role": roles})
    path = f"{DEALS}/records/{deal}/print/sheet"
    assert words(as_user("li").get(path)) == ["D-0001"]
    assert [each["key"] for each in as_user("li").get(f"{DEALS}/print_templates").json()["items"]] == [
        "sheet"
    ]
    for answer in (as_user("wang").get(path), as_user("wang").get(f"{DEALS}/print_templates")):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert as_user("qian").get(path).status_code == 404


def test_pictures_are_printed_without_what_they_say_of_themselves(root, runtime):
    content = picture("JPEG", exif=exif())
    photo = uploaded(root, content, "photo.jpg")["id"]
    made = root.post(f"{DEALS}/records", {"note": "x", "photo": photo})
    assert made.status_code == 201, made.text
    path = f"{DEALS}/records/{made.json()['id']}/print/sheet"
    [shown] = PdfReader(BytesIO(root.get(path).content)).pages[0].images
    assert Image.open(BytesIO(shown.data)).width > 1
    assert "data:image/webp;base64," in root.get(f"{path}?format=html").text
    assert b"Acme" not in root.get(path).content


def test_a_picture_that_is_gone_leaves_its_name(root, runtime):
    from engine.files.opened import store_of

    photo = uploaded(root, picture("JPEG"), "photo.jpg")
    made = root.post(f"{DEALS}/records", {"note": "x", "photo": photo["id"]}).json()
    store = store_of(runtime)
    store.remove(list(store.sizes("original")))
    assert words(root.get(f"{DEALS}/records/{made['id']}/print/sheet")) == ["D-0001:x[photo.jpg]"]


def test_several_records_come_in_one_file(root, runtime):
    deals = [save(runtime, "deal", note=each) for each in ("一", "二", "三")]
    asked = {"template": "sheet", "records": [deals[2], deals[0]]}
    answer = root.post(f"{DEALS}/records:print", asked)
    assert words(answer) == ["D-0003:三", "D-0001:一"]
    assert "D-0003%20%2B1.pdf" in answer.headers["content-disposition"]
    page = root.post(f"{DEALS}/records:print", {**asked, "format": "html"})
    assert page.text.count('<div class="record">') == 2


def test_one_that_cannot_be_printed_stops_all(root, deal):
    answer = root.post(f"{DEALS}/records:print", {"template": "sheet", "records": [deal, "none"]})
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (
        404,
        "record_not_found",
        "/records/1",
    )
    for records in ([], [1], "x", ["a"] * 101):
        answer = root.post(f"{DEALS}/records:print", {"template": "sheet", "records": records})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/records")


def test_a_draft_is_previewed_with_the_newest_record(root, deal, runtime):
    newest = save(runtime, "deal", note="新")
    draft = template("<h1>草稿 {{no}}</h1>", when='state = "done"')
    assert root.put("/apps/press/draft/print_template/sheet", draft).status_code == 200
    assert words(root.post(PREVIEW, {})) == ["草稿D-0002"]
    assert words(root.post(PREVIEW, {"record": deal})) == ["草稿D-0001"]
    open_one = {"document": template("<p>打开的 {{note}}</p>"), "record": newest}
    assert words(root.post(PREVIEW, open_one)) == ["打开的新"]
    assert words(root.get(f"{DEALS}/records/{deal}/print/sheet")) == ["D-0001:备注<b>"]


def test_a_preview_says_what_is_wrong(root, deal):
    answer = root.post(PREVIEW, {"document": template("<p>{{nothing}}</p>")})
    [wrong] = answer.json()["errors"]
    assert (answer.status_code, wrong["code"], wrong["pointer"]) == (
        422,
        "unknown_field",
        "/print_templates/sheet/body/zh",
    )
    assert wrong["message"]["zh"].startswith("第 1 行第 6 列：")
    for body, pointer in (({"document": 1}, "/document"), ({"record": 1}, "/record")):
        assert root.post(PREVIEW, body).json()["errors"][0]["pointer"] == pointer


def test_a_preview_is_for_designers(root, deal, as_user):
    assert as_user("li").post(PREVIEW, {}).status_code == 403


def test_a_preview_without_records_says_so(root):
    assert root.post(PREVIEW, {}).json()["code"] == "record_not_found"


def test_an_editor_can_ask_what_an_expression_sees(root):
    context = {"kind": "print_template", "key": "sheet", "place": "value"}
    asked = {"expression": "$row_number & parent.no", "context": {**context, "child": "lines"}}
    answer = root.post("/apps/press/draft/expressions:check", asked)
    assert answer.json().get("ok") is True, answer.text


def test_a_token_that_only_reads_prints_and_the_log_tells(root, deal):
    made = root.post("/auth/tokens", {"label": "archive", "read_only": True}).json()
    sent = {"authorization": f"Bearer {made['token']}"}
    assert words(root.get(f"{DEALS}/records/{deal}/print/sheet", headers=sent)) == ["D-0001:备注<b>"]
    assert [each["subject"] for each in root.get("/log?action=print").json()["items"]] == ["deal"]
