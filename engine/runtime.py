"""The runtime: settings, registries, database and the published apps, swapped whole at publish."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from engine.clock import Clock, SystemClock
from engine.definitions import neighbours, pilot, repository
from engine.definitions.app import AppNotFound, CompiledApp
from engine.definitions.broken import check_leniently
from engine.definitions.kept_versions import KeptVersions
from engine.expressions import register_sqlite_functions
from engine.expressions.library import library
from engine.identity.narrowing import ReadOnlyToken
from engine.identity.principal import Principal
from engine.protocols import ChangeListener
from engine.registry import fill
from engine.sealing.ring import KeyRing
from engine.settings import Settings
from engine.storage.database import Database, Mode
from engine.storage.driver import MARK, literal
from engine.storage.fibers import require_thread
from engine.storage.tables import NEXT_CHANGE
from engine.storage.unit_of_work import UnitOfWork, open_unit

PUBLISH_LOCK = 4_401_001
HEAD_CACHE_SECONDS = 0.5

Versions = tuple[Any, ...]
"""(head, version that is tried or None)."""
NO_COMPANIONS: neighbours.Versions = MappingProxyType({})


def _place(app: str, group: neighbours.Versions) -> tuple[object, ...]:
    """Where a version is kept: under the versions of the apps that it is compiled beside."""
    return (app, group[app], *sorted(each for each in group.items() if each[0] != app))


class BrokenVersion(Exception):
    """The settings of a published version cannot be read by this release of Fourfold."""


class Runtime:
    """Everything a process needs; made once by `api.boot.build`. Threads share it."""

    def __init__(self, settings: Settings, extensions: Iterable[Any], *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.registries = fill(extensions)
        self.functions = library(self.registries["function"].values())
        self.database = Database(
            settings.url(),
            pool_size=settings.pool_size,
            synchronous=settings.sqlite_synchronous,
            prepare=register_sqlite_functions,
        )
        self.ring = KeyRing(settings.key_file(), own=settings.keys is None)
        self.listeners: tuple[ChangeListener, ...] = tuple(
            listener() for listener in self.registries["listener"].values()
        )
        self.services: dict[str, Any] = {}
        self._apps: Mapping[str, CompiledApp] = {}
        self.known_users: set[tuple[str, str]] = set()
        """Users (system form, id) that are known to exist."""
        self._expected: Mapping[str, CompiledApp] = {}
        self._compiling = threading.RLock()
        """Held as long as a group of apps takes; who only swaps a mapping never waits for it."""
        self._swapping = threading.Lock()
        self._heads: dict[str, tuple[Versions, float]] = {}
        self._wakers: list[Callable[[], None]] = []

    def unit_of_work(
        self,
        principal: Principal,
        *,
        source: str = "api",
        request_id: str | None = None,
        address: str | None = None,
        wait: bool = True,
    ) -> AbstractContextManager[UnitOfWork]:
        """A writing transaction; commits at the end of the block. Raises ReadOnlyToken, and without `wait`
        Occupied where it would wait for another writer on SQLite.
        """
        if principal.narrow is not None and principal.narrow.read_only:
            raise ReadOnlyToken()
        return open_unit(
            self, principal, "write", source=source, request_id=request_id, address=address, wait=wait
        )

    def reading(
        self,
        principal: Principal,
        *,
        snapshot: bool = False,
        source: str = "api",
        request_id: str | None = None,
        address: str | None = None,
    ) -> AbstractContextManager[UnitOfWork]:
        """For reading only. With `snapshot` all statements see one moment."""
        mode: Mode = "snapshot" if snapshot else "read"
        return open_unit(self, principal, mode, source=source, request_id=request_id, address=address)

    def current_app(self, work: UnitOfWork, key: str) -> CompiledApp:
        """The version this transaction works with: the head, for a pilot group the one it tries.

        Raises AppNotFound.
        """
        versions = self._versions(work, key)
        if versions is None:
            raise AppNotFound()
        head, tried = versions
        if tried is not None and pilot.takes_part(self, work, key, tried):
            return self.version(work, key, tried)
        return self._head(work, key, head)

    def link(self, work: UnitOfWork, app: CompiledApp) -> CompiledApp:
        """An app that is about to be published with the apps it names, which this transaction works with."""
        for other in app.named:
            version = self._in_use(work, other)
            if version is not None:
                there = self.version(work, other, version)
                app.others.update({**there.others, other: there})
        app.others.pop(app.key, None)
        return app

    def head(self, work: UnitOfWork, key: str) -> CompiledApp | None:
        """The published version of an app, or None."""
        versions = self._versions(work, key)
        return None if versions is None else self._head(work, key, versions[0])

    def _head(self, work: UnitOfWork, key: str, version: int) -> CompiledApp:
        app = self._apps.get(key)
        if (
            app is None
            or app.version != version
            or (app.named and app.beside != self._companions(work, key, version))
        ):
            app = self.adopt(self.version(work, key, version))
        return app

    def version(self, work: UnitOfWork, key: str, version: int) -> CompiledApp:
        """Any published version, compiled and kept, beside the versions of other apps that this transaction works
        with. Raises AppNotFound, BrokenVersion.
        """
        app = self._apps.get(key)
        if app is not None and app.version == version and not app.named:
            return app
        group = {**self._companions(work, key, version), key: version}
        kept: KeptVersions = self.services.setdefault("versions", KeptVersions())
        found = kept.get(_place(key, group))
        if found is not None:
            return found
        require_thread()
        if len(group) == 1:
            found = self._compiled(work, key, version)
            kept.keep({_place(key, group): found})
            return found
        with self._compiling:  # apps that refer to each other are of use to others only when all are there
            made: dict[Any, CompiledApp] = {}
            found = self._together(work, key, group, made)
            kept.keep(made)
        return found

    def _companions(self, work: UnitOfWork, key: str, version: int) -> dict[str, int]:
        """The versions of other apps that go with a version of an app in this transaction."""
        return neighbours.companions(work, key, version, lambda other: self._in_use(work, other))

    def _in_use(self, work: UnitOfWork, key: str) -> int | None:
        """The version of an app that this transaction works with; None for an app there is not. Who asks for it
        because another app refers to it holds the lock of that one, or is about to publish and may not yet.
        """
        versions = (
            self._known_versions(work, key) if work.mode != "write" else self._stored_versions(work, key)
        )
        if versions is None:
            return None
        head, tried = versions
        trying = tried is not None and pilot.takes_part(self, work, key, tried)
        return int(tried if trying else head)

    def _together(
        self, work: UnitOfWork, key: str, group: neighbours.Versions, made: dict[Any, CompiledApp]
    ) -> CompiledApp:
        """An app of a group with those that it reaches; what is compiled on the way stands in `made`."""
        beside = neighbours.within(work, group, key)
        place = _place(key, {**beside, key: group[key]})
        found = made.get(place) or self.services["versions"].get(place)
        if found is None:
            app = self._compiled(work, key, group[key], beside)
            found = made[place] = replace(app, beside=beside, others={})
            found.others.update({other: self._together(work, other, group, made) for other in beside})
        return found

    def _compiled(
        self, work: UnitOfWork, key: str, version: int, beside: neighbours.Versions = NO_COMPANIONS
    ) -> CompiledApp:
        documents = repository.documents_of(work.connection, key, version)
        if documents is None:
            raise AppNotFound()
        layout = repository.layout_of(work.connection, key, version)
        named, known = neighbours.named_by(work, key, version), self._expected.get(key)
        same = known is not None and (known.version, known.source, known.layout) == (
            version,
            documents,
            layout,
        )
        if known is not None and same and not named:
            return known
        apps = {other: repository.documents_of(work.connection, other, at) for other, at in beside.items()}
        registries = neighbours.with_apps(
            self.registries, {other: found for other, found in apps.items() if found}
        )
        checked = check_leniently(documents, registries, version=version, ring=self.ring, layout=layout)
        if checked.app is None:
            raise BrokenVersion(f"{key} version {version}: {checked.findings}")
        # what names an app that is not there is switched off, but comes back with it
        return replace(checked.app, named=named)

    def app_keys(self, work: UnitOfWork) -> list[str]:
        """Keys of all published apps."""
        return sorted(repository.heads(work.connection))

    def expect(self, app: CompiledApp) -> None:
        """Keep a version that is about to be published: who waits for it need not compile it again."""
        with self._swapping:
            self._expected = {**self._expected, app.key: app}

    def adopt(self, app: CompiledApp) -> CompiledApp:
        """Make `app` the one new transactions use. The whole mapping is swapped at once."""
        with self._swapping:
            self._apps = {**self._apps, app.key: app}
            self._heads.pop(app.key, None)
        return app

    def look_again(self, app: str) -> None:
        """Read anew which versions of an app there are: a pilot group begins."""
        with self._swapping:
            self._heads.pop(app, None)

    def lock_publishing(self, work: UnitOfWork) -> None:
        """Keep writers out until this transaction ends (SQLite has one writer anyway)."""
        if self.database.dialect == "postgres":
            # while this waits for a long writer, later writers wait behind it: give up and try again
            work.run("SET LOCAL lock_timeout = '5s'")
            work.row("SELECT pg_advisory_xact_lock(%s)", (PUBLISH_LOCK,))

    def _versions(self, work: UnitOfWork, key: str) -> Versions | None:
        """The head of an app and the version that a pilot group tries, None for an app there is not."""
        if self.database.dialect == "postgres":
            if work.mode != "write":
                return self._known_versions(work, key)
            # a writer holds the lock shared for its whole transaction: a publish waits for it and
            # nobody writes with the old version after the flip; the head is read in a statement of its
            # own, since the one that waited for the lock sees the store as it was before
            lock = f"SELECT pg_advisory_xact_lock_shared({PUBLISH_LOCK})::text"
            # an id for the log on the way: most who write need one, and may write it with the record then
            head = f"SELECT version, pilot, {NEXT_CHANGE} FROM ff_app_head WHERE app = {literal(key)}"
            found = work.opening(lock, head)
            if not found:
                return None
            work.drawn = found[0][2]
            return found[0][:2]
        return self._stored_versions(work, key)

    def _stored_versions(self, work: UnitOfWork, key: str) -> Versions | None:
        mark = MARK[self.database.dialect]
        return work.row(f"SELECT version, pilot FROM ff_app_head WHERE app = {mark}", (key,))

    def _known_versions(self, work: UnitOfWork, key: str) -> Versions | None:
        """As they were a moment ago at most: who only reads need not ask each time."""
        if self.database.dialect == "sqlite":
            return self._stored_versions(work, key)
        kept = self._heads.get(key)
        if kept is not None and time.monotonic() - kept[1] < HEAD_CACHE_SECONDS:
            return kept[0]
        found = self._stored_versions(work, key)
        if found is not None:
            self._heads[key] = (found, time.monotonic())
        return found

    def on_jobs(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever a transaction of this process committed new jobs."""
        self._wakers.append(wake)

    def jobs_added(self) -> None:
        for wake in self._wakers:
            wake()

    def close(self) -> None:
        """Close services and the database."""
        for service in self.services.values():
            if hasattr(service, "close"):
                service.close()
        self.database.close()
