"""The life of an app: checked, published, exported, extended; what would lose data is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from engine.definitions import drafts
from engine.definitions.check import check_app, kinds
from engine.definitions.folder import folder_files, read_folder, write_folder
from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import SHOP, field, option, publish_shop


def changed(**forms: Any) -> dict[str, Any]:
    app: dict[str, Any] = copy.deepcopy(SHOP)
    for key, change in forms.items():
        change(app["form"][key])
    return app


def codes(problem: Invalid) -> set[tuple[str, str]]:
    return {(finding.pointer, finding.code) for finding in problem.findings}


def refused(runtime: Runtime, source: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as problem, runtime.unit_of_work(SYSTEM) as work:
        publish(work, source)
    return codes(problem.value)


def test_applying_twice_changes_nothing(runtime: Runtime) -> None:
    publish_shop(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        again = publish(work, copy.deepcopy(SHOP))
    assert (again.changed, again.version) == (False, 1)


def test_export_and_import_are_identical_to_the_byte(runtime: Runtime, tmp_path: Path) -> None:
    ordered = kinds(runtime.registries)
    folder = tmp_path / "shop"
    write_folder(folder, SHOP, ordered)
    documents, findings = read_folder(folder, ordered)
    assert findings == []
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)
    with runtime.reading(SYSTEM) as work:
        files = folder_files(work.app("shop").source, ordered)
    assert {path: (folder / path).read_bytes() for path in files} == files
    assert len(files) == 6


def test_a_field_added_to_a_living_form_keeps_all_records(runtime: Runtime) -> None:
    shop = publish_shop(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        made = records.create(work, compiled_form(shop, "product"), {"sku": "p", "price": 250, "stock": 4})

    def more(form: dict[str, Any]) -> None:
        form["fields"] += [
            field("colour", "select", options=option("red", "blue")),
            field("worth", "formula", result={"type": "money"}, expr="price * stock"),
        ]

    with runtime.unit_of_work(SYSTEM) as work:
        done = publish(work, changed(product=more))
    assert (done.version, [step.action for step in done.steps]) == (2, ["add_field", "add_field"])
    Worker(runtime).run_due()
    with runtime.reading(SYSTEM) as work:
        now = records.load(work, compiled_form(work.app("shop"), "product"), made["id"])
    assert (now["worth"], now["colour"], now["rev"]) == (1000, None, 1)


def test_what_destroys_values_is_refused_until_it_is_approved_by_name(runtime: Runtime) -> None:
    shop = publish_shop(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        records.create(work, compiled_form(shop, "product"), {"sku": "p", "price": 250, "cost": 4})
    fewer = changed(
        product=lambda form: form["fields"].pop(2),
        sale=lambda form: form["fields"][-1]["fields"].pop(3),
    )
    fewer["role"]["rep"]["grants"] = fewer["role"]["rep"]["grants"][:1]
    assert refused(runtime, fewer) == {("/forms/product/fields/cost", "needs_approval")}
    with runtime.reading(SYSTEM) as work:
        assert work.app("shop").version == 1
    with runtime.unit_of_work(SYSTEM) as work:
        assert publish(work, fewer, approve=["/forms/product/fields/cost"]).version == 2


def test_findings_point_into_the_documents_and_say_what_to_do(runtime: Runtime) -> None:
    broken = copy.deepcopy(SHOP)
    product = broken["form"]["product"]
    product["feilds"] = product.pop("fields")
    assert ("/forms/product/feilds", "unknown_key") in refused(runtime, broken)
    broken = copy.deepcopy(SHOP)
    fields = broken["form"]["product"]["fields"]
    fields += [
        field("a", "formula", result={"type": "int"}, expr="b + 1"),
        field("b", "formula", result={"type": "int"}, expr="a + 1"),
        field("c", "ref", form="custmer"),
        field("d", "formula", result={"type": "int"}, expr="stok * 2"),
        field("e", "numbr"),
        field("sku", "text"),
        field("f", "select"),
    ]
    checked = check_app(broken, runtime.registries)
    found = {(each.pointer, each.code): each for each in checked.findings}
    assert {
        ("/forms/product/fields/6/form", "unknown_form"),
        ("/forms/product/fields/7/expr", "unknown_field"),
        ("/forms/product/fields/8/type", "unknown_field_type"),
        ("/forms/product/fields/9/key", "key_taken"),
        ("/forms/product/fields/10", "options_missing"),
    } <= set(found)
    assert all(each.message["zh"] and each.message["en"] for each in checked.findings)
    assert "customer" in found["/forms/product/fields/6/form", "unknown_form"].fix["en"]


def test_a_cycle_of_formulas_is_shown_with_its_path(runtime: Runtime) -> None:
    broken = copy.deepcopy(SHOP)
    broken["form"]["product"]["fields"] += [
        field("a", "formula", result={"type": "int"}, expr="b + 1"),
        field("b", "formula", result={"type": "int"}, expr="a + 1"),
    ]
    checked = check_app(broken, runtime.registries)
    (finding,) = [each for each in checked.findings if each.code == "formula_cycle"]
    assert "product.a" in finding.message["en"]
    assert "product.b" in finding.message["zh"]


def test_a_broken_folder_is_explained_and_nothing_is_written(runtime: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    ordered = kinds(runtime.registries)
    assert [each.code for each in read_folder(folder, ordered)[1]] == ["app_json_missing"]
    write_folder(folder, SHOP, ordered)
    (folder / "forms" / "broken.json").write_text('{"key": "broken", "key": "twice"}')
    (folder / "roles" / "rep.json").write_text("{")
    (folder / "poems").mkdir()
    found = {(each.pointer, each.code) for each in read_folder(folder, ordered)[1]}
    assert found == {
        ("/forms/broken", "malformed_json"),
        ("/roles/rep", "malformed_json"),
        ("/poems", "unknown_folder"),
    }


def test_a_draft_lives_beside_the_published_version(runtime: Runtime) -> None:
    publish_shop(runtime)
    note = json.loads(json.dumps(SHOP["form"]["product"]))
    note["fields"].append(field("note", "text"))
    with runtime.unit_of_work(SYSTEM) as work:
        drafts.put_document(work, "shop", "forms", "product", note)
        assert "note" not in compiled_form(work.app("shop"), "product").fields
    with runtime.unit_of_work(SYSTEM) as work:
        assert drafts.get_document(work, "shop", "form", "product") == note
        drafts.publish_draft(work, "shop", note="a note")
    with runtime.reading(SYSTEM) as work:
        assert "note" in compiled_form(work.app("shop"), "product").fields
        assert drafts.drafted(work, "shop") == work.app("shop").source


def test_another_process_notices_a_new_version(runtime: Runtime, settings: Any) -> None:
    from api.boot import build

    publish_shop(runtime)
    other = build(settings, clock=runtime.clock)
    with other.unit_of_work(SYSTEM) as work:
        assert work.app("shop").version == 1
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, changed(product=lambda form: form["fields"].append(field("note", "text"))))
    with other.unit_of_work(SYSTEM) as work:
        assert "note" in compiled_form(work.app("shop"), "product").fields
    other.close()
