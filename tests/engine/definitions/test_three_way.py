"""Differences between folder, store and what both had: found where they are, named as people know them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions.baseline import (
    Baseline,
    baseline_of,
    baselines_bytes,
    changed_here,
    read_baselines,
)
from engine.definitions.three_way import compare, differing
from tests.forms.shop import SHOP

BASE: dict[str, Any] = {
    "/app": SHOP["app"]["shop"],
    **{f"/forms/{key}": each for key, each in SHOP["form"].items()},
}


def changed(**changes: Any) -> dict[str, Any]:
    documents = copy.deepcopy(BASE)
    for key, change in changes.items():
        change(documents[f"/forms/{key}"])
    return documents


def relabel(field: int, label: str) -> Any:
    def change(form: dict[str, Any]) -> None:
        form["fields"][field]["label"]["zh"] = label

    return change


def states(here: dict[str, Any], server: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    found = compare(here, server, baseline_of(1, BASE), BASE)
    return [(each.name, each.state, each.pointers) for each in found]


def test_each_side_alone_is_told_apart() -> None:
    here, server = changed(product=relabel(0, "货号")), changed(sale=relabel(2, "状态"))
    assert states(here, BASE) == [("/forms/product", "here", ("/fields/sku/label/zh",))]
    assert states(BASE, server) == [("/forms/sale", "server", ("/fields/status/label/zh",))]
    assert [each[1] for each in states(here, server)] == ["here", "server"]


def test_a_conflict_points_to_what_both_changed() -> None:
    def both(form: dict[str, Any]) -> None:
        relabel(0, "服务器")(form)
        relabel(1, "单价")(form)

    here, server = changed(product=relabel(0, "本地")), changed(product=both)
    assert states(here, server) == [("/forms/product", "conflict", ("/fields/sku/label/zh",))]


def test_the_same_change_on_both_sides_is_no_difference() -> None:
    assert states(changed(product=relabel(0, "货号")), changed(product=relabel(0, "货号"))) == []


def test_a_document_removed_on_one_side_is_named() -> None:
    fewer = {name: each for name, each in BASE.items() if name != "/forms/contact"}
    (gone,) = compare(fewer, BASE, baseline_of(1, BASE), BASE)
    assert (gone.state, gone.here, gone.server, gone.blocks) == ("here", "removed", "same", False)
    (kept,) = compare(BASE, fewer, baseline_of(1, BASE), BASE)
    assert (kept.state, kept.here, kept.server, kept.blocks) == ("server", "same", "removed", True)


def test_an_inserted_field_moves_no_other() -> None:
    def insert(form: dict[str, Any]) -> None:
        form["fields"].insert(1, {"key": "colour", "type": "text", "label": {"zh": "色", "en": "Colour"}})

    assert list(differing(BASE["/forms/product"], changed(product=insert)["/forms/product"])) == [
        "/fields/colour"
    ]


def test_another_order_of_fields_is_a_difference() -> None:
    turned = changed(product=lambda form: form["fields"].reverse())["/forms/product"]
    assert list(differing(BASE["/forms/product"], turned)) == ["/fields"]


@pytest.mark.parametrize(("left", "right"), [(1, True), (0, False), ("1", 1), (None, {}), ([], {})])
def test_values_of_different_types_differ(left: Any, right: Any) -> None:
    assert list(differing({"a": left}, {"a": right})) == ["/a"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/~", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_difference_is_found_exactly_between_equal_values(left: Any, right: Any) -> None:
    import json

    equal = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (list(differing(left, right)) == []) is equal


def test_what_a_folder_remembers_is_read_back_and_nonsense_is_not() -> None:
    stores = {"abc": baseline_of(3, BASE)}
    assert read_baselines(baselines_bytes(stores)) == stores
    for nonsense in (b"", b"{", b"[]", b'{"stores": {"a": {"version": 1, "documents": {"/app": "x"}}}}'):
        assert read_baselines(nonsense) == {}
    assert read_baselines(None) == {}


def test_the_folder_knows_which_of_its_documents_changed() -> None:
    base = baseline_of(1, BASE)
    here = changed(product=relabel(0, "货号"))
    del here["/forms/contact"]
    assert changed_here(here, base) == ["/forms/contact", "/forms/product"]
    assert changed_here(BASE, base) == []
    assert changed_here(BASE, Baseline(1, {})) == sorted(BASE)
