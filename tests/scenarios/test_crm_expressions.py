"""Every expression of the CRM, in the place where it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenarios.fixture import CRM


@pytest.fixture(scope="module")
def app() -> Any:
    """(documents by kind, kinds by folder, the context of a check of them)."""
    from api.boot import BUILT_INS
    from engine.definitions.check import examine, kinds
    from engine.definitions.folder import read_folder
    from engine.plugins import extensions
    from engine.registry import fill

    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(CRM, kinds(registries))
    assert broken == []
    findings: list[Any] = []
    context = examine(documents, registries, findings)
    assert context is not None
    return documents, {each.folder: each.type for each in kinds(registries)}, context


def written(app: Any) -> dict[str, Any]:
    """Pointer -> expression, for every place that a document fills; texts with expressions in them left out."""
    documents, folders, context = app
    found = {}
    for pointer in context.places:
        _, folder, key, *parts = pointer.split("/")
        value: Any = documents[folders[folder]][key]
        for part in parts:
            value = value[int(part)] if isinstance(value, list) and part.isdigit() else value_at(value, part)
        if isinstance(value, dict) or (isinstance(value, str) and "{{" not in value):
            found[pointer] = value
    return found


def value_at(value: Any, part: str) -> Any:
    return value.get(part) if isinstance(value, dict) else None


def test_the_check_knows_the_place_of_every_expression(app):
    pointers = list(written(app))
    assert len(pointers) > 150
    for ending in ("/expr", "/where", "/required", "/visible", "/when", "/check", "/target"):
        assert any(each.endswith(ending) for each in pointers), ending
    assert {each.split("/")[1] for each in pointers} >= {
        "forms",
        "scopes",
        "roles",
        "flows",
        "rules",
        "reports",
    }


def test_each_is_right_in_its_place_and_means_the_same_in_both_spellings(app):
    from engine.expressions.canonical import tree_json
    from engine.expressions.from_canonical import from_canonical

    places = app[2].places
    for pointer, source in written(app).items():
        made = places[pointer].check(source)
        canonical = json.loads(json.dumps(made.canonical()))
        assert tree_json(from_canonical(canonical)) == canonical["tree"], pointer
        assert places[pointer].check(made.text()).canonical() == canonical, (pointer, made.text())
        if made.type.kind == "bool":
            assert places[pointer].check(made.to_json_condition()).canonical() == canonical, pointer


def test_a_place_by_name_is_the_place_by_pointer(app):
    """The same names, types and result as a condition that stands there."""
    documents, folders, context = app
    from engine.definitions.check import kinds

    by_type = {each.type: each for each in kinds(context.registries)}
    named = {"/where": ("scope", "where"), "/when": ("rule", "condition"), "/cancel_when": ("rule", "cancel")}
    compared = 0
    for pointer, place in context.places.items():
        _, folder, key, *rest = pointer.split("/")
        kind, name = named.get("/" + "/".join(rest), (None, None))
        if kind != folders[folder]:
            continue
        before = context_before(context, kind)
        other = by_type[kind].place({"key": key, "place": name}, documents[kind][key], before)
        assert other.expect == place.expect, pointer
        for part in ("shape", "variables", "parent", "row", "old", "db_only", "functions"):
            assert getattr(other.scope, part) == getattr(place.scope, part), (pointer, part)
        compared += 1
    assert compared > 5


def context_before(context: Any, kind: str) -> Any:
    from dataclasses import replace

    return replace(context, variables=context.known[kind])
