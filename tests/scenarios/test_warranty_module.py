"""The example module on the example CRM: it fits, its cases hold, and the CRM itself stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def registries() -> Any:
    from api.boot import BUILT_INS
    from engine.plugins import extensions
    from engine.registry import fill

    return fill(extensions(BUILT_INS))


@pytest.fixture(scope="module")
def crm(registries: Any) -> dict[str, Any]:
    from engine.definitions.check import kinds
    from engine.definitions.folder import read_folder

    documents, broken = read_folder(EXAMPLES / "crm_app", kinds(registries))
    assert broken == []
    return dict(documents)


@pytest.fixture(scope="module")
def with_module(crm: dict[str, Any]) -> dict[str, Any]:
    module = json.loads((EXAMPLES / "crm_service_module/modules/warranty.json").read_text("utf-8"))
    return {**crm, "module": {"warranty": module}}


def test_it_fits_the_crm(with_module: dict[str, Any], crm: dict[str, Any], registries: Any) -> None:
    from engine.definitions.check import check_app, kinds
    from engine.definitions.modules.compose import composed

    assert [each for each in check_app(with_module, registries).findings if each.level == "error"] == []
    whole = composed(with_module, kinds(registries)).documents
    fields = [field["key"] for field in whole["form"]["product"]["fields"]]
    assert fields[fields.index("shelf_days") + 1] == "warranty_months"
    assert [key for key in fields if key != "warranty_months"] == [
        field["key"] for field in crm["form"]["product"]["fields"]
    ]


def test_its_cases_hold(with_module: dict[str, Any], registries: Any) -> None:
    from api.scratch import run_cases, suites_of

    results = list(run_cases(with_module, suites_of(with_module, registries, ["warranty"])))
    assert [(each.case, each.findings) for each in results] == [
        ("within_the_term_it_is_accepted", ()),
        ("after_the_term_it_is_not", ()),
    ]


def test_a_case_that_fails_points_into_the_module(with_module: dict[str, Any], registries: Any) -> None:
    from api.scratch import run_cases, suites_of

    changed = json.loads(json.dumps(with_module))
    suite = changed["module"]["warranty"]["add"]["test"]["warranty"]
    suite["cases"] = suite["cases"][:1]
    suite["cases"][0]["steps"][1]["values"]["covered"] = False
    (result,) = run_cases(changed, suites_of(changed, registries, ["warranty"]))
    pointers = [finding.pointer for finding in result.findings]
    assert pointers
    assert all(each.startswith("/modules/warranty/add/test/warranty/cases/0/steps/1") for each in pointers)
