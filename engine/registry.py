"""Typed registries of extensions, filled by plugins and frozen after boot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol


class Extension(Protocol):
    """A class that adds one kind: `registry` names the family, `type` the kind's JSON name."""

    registry: str
    type: str


class RegistryError(Exception):
    """An extension cannot be registered."""


class Registry:
    """The kinds of one family by their JSON `type`."""

    def __init__(self, family: str) -> None:
        self.family = family
        self._kinds: dict[str, Any] = {}

    def add(self, extension: Any) -> None:
        if extension.type in self._kinds:
            raise RegistryError(f"{self.family} '{extension.type}' is registered twice")
        self._kinds[extension.type] = extension

    def get(self, kind: str) -> Any | None:
        """The class of this kind, or None."""
        return self._kinds.get(kind)

    def __getitem__(self, kind: str) -> Any:
        return self._kinds[kind]

    def __contains__(self, kind: str) -> bool:
        return kind in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def values(self) -> Iterable[Any]:
        return self._kinds.values()


FAMILIES = (
    "definition",
    "field_type",
    "flow_node",
    "trigger",
    "action",
    "measure",
    "function",
    "job",
    "listener",
    "table",
    "test_step",
    "belonging",
)


def fill(extensions: Iterable[Any]) -> Mapping[str, Registry]:
    """Registries of every family, frozen. Raises RegistryError on a double or unknown family."""
    registries = {family: Registry(family) for family in FAMILIES}
    for extension in extensions:
        if extension.registry not in registries:
            raise RegistryError(f"unknown family '{extension.registry}' of {extension!r}")
        registries[extension.registry].add(extension)
    return MappingProxyType(registries)
