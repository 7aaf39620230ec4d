"""The committed schemas are those of the models, and they accept the example app."""

from __future__ import annotations

import json

import jsonschema
import pytest

from api.boot import BUILT_INS
from api.cli.demo import crm_folder
from designer_schemas.generate import FOLDER, schema_files, schemas
from engine.definitions.check import kinds
from engine.definitions.folder import read_folder
from engine.registry import fill

REGISTRIES = fill(BUILT_INS)
SCHEMAS = schemas(REGISTRIES)


def test_committed_files_are_up_to_date():
    committed = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert committed == schema_files(REGISTRIES), "run `make schemas`"


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_schema_is_a_schema(kind):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_documents_of_the_example_app_fit(kind):
    documents, findings = read_folder(crm_folder(), kinds(REGISTRIES))
    assert findings == []
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind])
    for key, document in documents.get(kind, {}).items():
        problems = [f"{key}{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        assert problems == []


def test_unknown_keys_are_refused_by_the_schema_too():
    form = json.loads((crm_folder() / "forms" / "quote.json").read_text("utf-8"))
    assert not jsonschema.Draft202012Validator(SCHEMAS["form"]).is_valid({**form, "colour": "red"})


@pytest.mark.parametrize(
    ("kind", "folder", "key", "path"),
    [
        ("form", "forms", "quote", ["fields", 0]),
        ("flow", "flows", "quote_discount", ["nodes", 0]),
        ("rule", "rules", "r09_no_follow_up", ["trigger"]),
        ("rule", "rules", "r09_no_follow_up", ["actions", 0]),
    ],
)
def test_parts_of_registered_kinds_are_closed_too(kind, folder, key, path):
    document = json.loads((crm_folder() / folder / f"{key}.json").read_text("utf-8"))
    part = document
    for step in path:
        part = part[step]
    part["colour"] = "red"
    assert not jsonschema.Draft202012Validator(SCHEMAS[kind]).is_valid(document)
