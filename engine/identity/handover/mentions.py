"""Documents that name a person: flows, rules, roles. They are listed, not changed: that is a designer's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.findings import text
from engine.identity.handover.belonging import Belonging, Place
from engine.storage.unit_of_work import UnitOfWork

NAMING = frozenset({"user", "users", "assignees", "to", "cc", "recipients"})
"""Keys of documents under which ids of users stand."""
MOST = 200


class Mentions(Belonging):
    """Places in published documents where the id stands by itself or quoted in an expression."""

    type = "mentions"
    rank = 90

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        found = (self._app(work, app, user) for app in work.runtime.app_keys(work))
        return [each for each in found if each is not None]

    def _app(self, work: UnitOfWork, app: str, user: str) -> Place | None:
        pointers = [
            f"/{kind}/{key}{pointer}"
            for kind, documents in work.app(app).source.items()
            for key, document in documents.items()
            for pointer in _naming(document, user, "", named=False)
        ]
        if not pointers:
            return None
        label = text("流程、规则等定义中指名的位置", "places in definitions that name them")
        return Place(self.type, label, len(pointers), app=app, moves=False, things=tuple(pointers[:MOST]))


def _naming(value: Any, user: str, pointer: str, *, named: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _naming(each, user, f"{pointer}/{key}", named=key in NAMING)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _naming(each, user, f"{pointer}/{index}", named=named)
    elif isinstance(value, str) and (
        (named and value == user) or f"'{user}'" in value or f'"{user}"' in value
    ):
        yield pointer
