"""Retires an option: out of use for new values, or taken over by another one."""

from __future__ import annotations

from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.check import kinds
from engine.definitions.guided.rename import (
    RENAMED_FROM,
    Registries,
    origins_of,
    part_kind,
    prove_whole,
    published_key,
    refused,
)
from engine.definitions.guided.rewrite import fresh_word, rewrite, settled
from engine.definitions.pointers import Spot


def archive_option(documents: Documents, of: str, registries: Registries) -> Documents:
    """The option stays with the records that have it and is offered to no other. Raises Invalid."""
    spot = _option(documents, of, registries)
    return _with(documents, spot, {**pointers.value_at(documents, spot), "archived": True})


def map_option(
    documents: Documents, of: str, to: str, registries: Registries, *, published: Documents | None = None
) -> Documents:
    """The option goes; records that have it get the option `to`, and whatever names it names that one.

    Raises Invalid, NotPublishable when the app does not check before, CannotRewrite.
    """
    spot = _option(documents, of, registries)
    old = str(pointers.value_at(documents, spot)["key"])
    around = Spot(spot.kind, spot.key, spot.path[:-1])
    options = pointers.value_at(documents, around)
    if to == old or to not in [pointers.name_of(option) for option in options]:
        raise refused("unknown_option", "/to", f"没有其他选项“{to}”。", f"There is no other option '{to}'.")
    prove_whole(documents, registries)
    fresh = fresh_word(documents, old)
    called = [{**option, "key": fresh} if option["key"] == old else option for option in options]
    mapped = rewrite(_with(documents, around, called), old, fresh, registries, fresh=fresh, literal=True)
    there = published_key(documents, published, spot)
    origins = [*origins_of(pointers.value_at(documents, spot)), *([there] if there is not None else ())]
    left = [
        _heir(option, origins) if option["key"] == to else option
        for option in pointers.value_at(mapped, around)
        if option["key"] != fresh
    ]
    return settled(_with(mapped, around, left), fresh, to)


def _heir(option: dict[str, Any], origins: list[str]) -> dict[str, Any]:
    """The option that takes over, with what the one that goes was called."""
    known = list(dict.fromkeys([*origins_of(option), *origins]))
    return {**option, RENAMED_FROM: known} if known else option


def _option(documents: Documents, of: str, registries: Registries) -> Spot:
    spot = pointers.exact_spot(documents, pointers.folders(kinds(registries)), of)
    if part_kind(spot, of) != "option":
        raise refused("not_an_option", of, "这不是选项。", "This is not an option.")
    return spot


def _with(documents: Documents, spot: Spot, value: Any) -> Documents:
    document = pointers.replaced(documents[spot.kind][spot.key], spot.path, value)
    return pointers.with_document(documents, spot.kind, spot.key, document)
