"""Every type of field that can be encrypted keeps its values exactly, and leaves none of them readable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.identity.principal import SYSTEM
from engine.plugins import extensions
from engine.registry import fill
from engine.runtime import Runtime
from engine.sealing.ring import key_of
from tests.forms.sample import Sample
from tests.forms.samples import SAMPLES
from tests.forms.sheet import TARGET, field_of, publish_sheet
from tests.forms.shop import name
from tests.support.client import AsUser

PATH = "/apps/sheets/forms/sealed/records"
CANNOT = {
    *("ref", "refs", "user", "users", "dept", "depts", "dynamic_ref"),
    *("geo", "address", "matrix", "date_range", "number_range"),
    *("file", "files", "image", "images", "signature"),
}


def refused(key: str, sample: Sample) -> bool:
    form = {"key": "sealed", "label": name("sealed"), "fields": [field_of(key, sample, encrypt=True)]}
    source = {
        "app": {"sheets": {"key": "sheets", "label": name("sheets")}},
        "form": {"target": TARGET, "sealed": form},
    }
    found = [finding.code for finding in check_app(source, fill(extensions(BUILT_INS))).findings]
    assert found in ([], ["cannot_encrypt"]), (key, found)
    return bool(found)


def test_what_can_be_encrypted_is_known() -> None:
    assert {sample.type for key, sample in SAMPLES.items() if refused(key, sample)} == CANNOT


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: AsUser) -> Any:
    fields = [
        field_of(key, sample, encrypt=True, index=True)
        for key, sample in SAMPLES.items()
        if sample.type not in CANNOT
    ]
    rows = {"key": "rows", "type": "subtable", "label": name("rows"), "fields": fields}
    publish_sheet(runtime, {"key": "sealed", "label": name("sealed"), "fields": [*fields, rows]})
    return as_user("root")


def test_values_come_back_and_rest_sealed(root: Any, runtime: Runtime) -> None:
    found: list[str] = []
    for key, sample in SAMPLES.items():
        if sample.type in CANNOT:
            continue
        for sent, answered in sample.valid:
            cell = f"f_{key}"
            made = root.post(PATH, {cell: sent, "rows": [{cell: sent}]})
            if made.status_code != 201:
                found.append(f"{cell}: {sent!r} -> {made.text}")
                continue
            one = root.get(f"{PATH}/{made.json()['id']}").json()
            condition = json.dumps({"id": {"eq": one["id"]}})
            listed = root.get(PATH, params={"fields": cell, "filter": condition}).json()["items"][0]
            seen = [made.json(), one, listed, made.json()["rows"][0], one["rows"][0]]
            found += [f"{cell}: {sent!r} -> {row[cell]!r}" for row in seen if row[cell] != answered]
            found += _readable(runtime, cell, one["id"])
    assert "\n".join(found) == ""


def _readable(runtime: Runtime, cell: str, record: str) -> list[str]:
    with runtime.reading(SYSTEM) as work:
        mark = "?" if runtime.database.dialect == "sqlite" else "%s"
        own = work.rows(f'SELECT "{cell}" FROM sheets_sealed WHERE id = {mark}', (record,))
        rows = work.rows(f'SELECT "{cell}" FROM sheets_sealed__rows WHERE _parent = {mark}', (record,))
    return [f"{cell}: {value!r}" for (value,) in [*own, *rows] if value is not None and key_of(value) is None]
