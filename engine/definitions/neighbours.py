"""Apps that refer to forms of other apps: which they are, and the documents of those at hand.

A form of another app is called `hr.employee`: the key of the app, a dot, the key of the form. What a check can
know of other apps travels with the registries, because all that checks documents takes those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import select

from engine.definitions import repository
from engine.definitions.app import Documents, split_key
from engine.definitions.modules.compose import composed
from engine.protocols import DefinitionKind
from engine.registry import Registry
from engine.storage.fibers import require_thread
from engine.storage.tables import app_head
from engine.storage.unit_of_work import UnitOfWork

FAMILY = "app"
NAMED = "apps named by versions"
"""Where a runtime keeps which other apps a published version names."""

REFERRING = "referring apps"
"""Where a transaction keeps which apps refer to one."""
TO_COME = "apps to come"
"""Where a runtime is told the documents of apps that are published one after the other and refer to each other."""

Registries = Mapping[str, Registry]
Versions = Mapping[str, int]
"""App key -> version."""


class AppsAtHand(Registry):
    """The documents of other apps by the key of the app."""

    def __init__(self, apps: Mapping[str, Documents]) -> None:
        super().__init__(FAMILY)
        self._kinds.update(apps)


def with_apps(registries: Registries, apps: Mapping[str, Documents]) -> Registries:
    """The registries for a check that knows these other apps, what modules bring to them included."""
    ordered = _kinds(registries)
    whole = {key: composed(documents, ordered).documents for key, documents in apps.items()}
    return MappingProxyType({**registries, FAMILY: AppsAtHand(whole)}) if apps else registries


def apps_at_hand(registries: Registries) -> Mapping[str, Documents]:
    """The other apps that a check with these registries knows."""
    found = registries.get(FAMILY)
    return {} if found is None else {key: found[key] for key in found}


def named_apps(documents: Documents, ordered: Iterable[DefinitionKind]) -> frozenset[str]:
    """The keys of the other apps that documents refer to."""
    ordered, own = list(ordered), set(documents.get("app", {}))
    documents = composed(documents, ordered).documents
    return frozenset(
        app
        for kind in ordered
        for document in documents.get(kind.type, {}).values()
        for name in kind.names_abroad(document)
        if (app := split_key(name)[0]) and app not in own
    )


def beside(work: UnitOfWork, documents: Documents) -> Registries:
    """The registries with the apps that documents reach along references, as a publish of them would see these."""
    return with_apps(work.runtime.registries, around(work, documents))


def around(work: UnitOfWork, documents: Documents) -> dict[str, Documents]:
    """The documents of all apps that these reach: as they are published, else as they are about to be."""
    ordered, heads = _kinds(work.runtime.registries), dict[str, int]()
    to_come: Mapping[str, Documents] = work.runtime.services.get(TO_COME, {})
    own, found = set(documents.get("app", {})), dict[str, Documents]()
    waiting = sorted(named_apps(documents, ordered))
    while waiting:
        app = waiting.pop()
        if app in own or app in found:
            continue
        heads = heads or repository.heads(work.connection)
        there = (
            repository.documents_of(work.connection, app, heads[app]) if app in heads else to_come.get(app)
        )
        if there is not None:
            found[app] = there
            waiting += sorted(named_apps(there, ordered))
    return found


def named_by(work: UnitOfWork, app: str, version: int) -> frozenset[str]:
    """The other apps that a published version refers to; read once by each process."""
    known: dict[tuple[str, int], frozenset[str]] = work.runtime.services.setdefault(NAMED, {})
    found = known.get((app, version))
    if found is None:
        require_thread()  # a large app takes as long to read as a report
        documents = repository.documents_of(work.connection, app, version)
        found = named_apps(documents or {}, _kinds(work.runtime.registries))
        if documents is not None:
            known[app, version] = found
    return found


def companions(
    work: UnitOfWork, app: str, version: int, version_of: Callable[[str], int | None]
) -> dict[str, int]:
    """The versions of all apps that a version reaches along references, itself left out. An app that is not
    published is not among them.
    """
    found: dict[str, int] = {}
    waiting = sorted(named_by(work, app, version))
    while waiting:
        other = waiting.pop()
        if other == app or other in found:
            continue
        there = version_of(other)
        if there is not None:
            found[other] = there
            waiting += sorted(named_by(work, other, there))
    return found


def within(work: UnitOfWork, group: Versions, app: str) -> dict[str, int]:
    """The companions of one app of a group of versions that belong together."""
    return companions(work, app, group[app], group.get)


def referring(work: UnitOfWork, app: str) -> list[tuple[str, int]]:
    """The versions of other apps that people work with and that refer to an app, in order."""
    known: dict[str, list[tuple[str, int]]] = work.memory.setdefault(REFERRING, {})
    if app not in known:
        rows = work.connection.execute(select(app_head).order_by(app_head.c.app)).all()
        used = [(row.app, version) for row in rows for version in (row.version, row.pilot) if version]
        known[app] = [
            (other, version)
            for other, version in used
            if other != app and app in named_by(work, other, version)
        ]
    return known[app]


def standing(work: UnitOfWork, documents: Documents) -> tuple[tuple[str, int], ...]:
    """The versions of other apps that a publish of documents is checked beside, as they are at this moment."""
    work.memory.pop(REFERRING, None)
    app, heads = next(iter(documents.get("app", {})), ""), repository.heads(work.connection)
    reached = around(work, documents)
    return (*sorted((key, heads.get(key, 0)) for key in reached), *referring(work, app))


def _kinds(registries: Registries) -> list[DefinitionKind]:
    from engine.definitions.check import kinds  # the check asks this module for apps at hand

    return kinds(registries)
