"""The runtime: settings, registries, database and the published apps, swapped whole at publish."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from engine.clock import Clock, SystemClock
from engine.definitions import pilot, repository
from engine.definitions.app import AppNotFound, CompiledApp
from engine.definitions.broken import check_leniently
from engine.expressions import register_sqlite_functions
from engine.expressions.library import library
from engine.identity.narrowing import ReadOnlyToken
from engine.identity.principal import Principal
from engine.protocols import ChangeListener
from engine.registry import fill
from engine.sealing.ring import KeyRing
from engine.settings import Settings
from engine.storage.database import Database, Mode
from engine.storage.unit_of_work import UnitOfWork, open_unit

PUBLISH_LOCK = 4_401_001
HEAD_CACHE_SECONDS = 0.5

Versions = tuple[Any, ...]
"""(head, version that is tried or None)."""


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
        self._expected: Mapping[str, CompiledApp] = {}
        self._loading = threading.RLock()
        self._heads: dict[str, tuple[Versions, float]] = {}
        self._wakers: list[Callable[[], None]] = []

    def unit_of_work(
        self,
        principal: Principal,
        *,
        source: str = "api",
        request_id: str | None = None,
        address: str | None = None,
    ) -> AbstractContextManager[UnitOfWork]:
        """A writing transaction; commits at the end of the block. Raises ReadOnlyToken."""
        if principal.narrow is not None and principal.narrow.read_only:
            raise ReadOnlyToken()
        return open_unit(self, principal, "write", source=source, request_id=request_id, address=address)

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

    def head(self, work: UnitOfWork, key: str) -> CompiledApp | None:
        """The published version of an app, or None."""
        versions = self._versions(work, key)
        return None if versions is None else self._head(work, key, versions[0])

    def _head(self, work: UnitOfWork, key: str, version: int) -> CompiledApp:
        app = self._apps.get(key)
        if app is None or app.version != version:
            app = self.adopt(self.version(work, key, version))
        return app

    def version(self, work: UnitOfWork, key: str, version: int) -> CompiledApp:
        """Any published version, compiled and kept. Raises AppNotFound, BrokenVersion."""
        app = self._apps.get(key)
        if app is not None and app.version == version:
            return app
        kept = self.services.setdefault("versions", {})
        if (key, version) in kept:
            return kept[key, version]  # type: ignore[no-any-return]
        documents = repository.documents_of(work.connection, key, version)
        if documents is None:
            raise AppNotFound()
        layout = repository.layout_of(work.connection, key, version)
        known = self._expected.get(key)
        if known is not None and (known.version, known.source, known.layout) == (version, documents, layout):
            return known
        checked = check_leniently(documents, self.registries, version=version, ring=self.ring, layout=layout)
        if checked.app is None:
            raise BrokenVersion(f"{key} version {version}: {checked.findings}")
        kept[key, version] = checked.app
        return checked.app

    def app_keys(self, work: UnitOfWork) -> list[str]:
        """Keys of all published apps."""
        return sorted(repository.heads(work.connection))

    def expect(self, app: CompiledApp) -> None:
        """Keep a version that is about to be published: who waits for it need not compile it again."""
        with self._loading:
            self._expected = {**self._expected, app.key: app}

    def adopt(self, app: CompiledApp) -> CompiledApp:
        """Make `app` the one new transactions use. The whole mapping is swapped at once."""
        with self._loading:
            self._apps = {**self._apps, app.key: app}
            self._heads.pop(app.key, None)
        return app

    def look_again(self, app: str) -> None:
        """Read anew which versions of an app there are: a pilot group begins."""
        with self._loading:
            self._heads.pop(app, None)

    def lock_publishing(self, work: UnitOfWork) -> None:
        """Keep writers out until this transaction ends (SQLite has one writer anyway)."""
        if self.database.dialect == "postgres":
            # while this waits for a long writer, later writers wait behind it: give up and try again
            work.run("SET LOCAL lock_timeout = '5s'")
            work.row("SELECT pg_advisory_xact_lock(%s)", (PUBLISH_LOCK,))

    def _versions(self, work: UnitOfWork, key: str) -> Versions | None:
        """The head of an app and the version that a pilot group tries, None for an app there is not."""
        if self.database.dialect == "sqlite":
            return work.row("SELECT version, pilot FROM ff_app_head WHERE app = ?", (key,))
        if work.mode == "write":
            # a writer holds the lock shared for its whole transaction: a publish waits for it and
            # nobody writes with the old version after the flip
            work.row("SELECT pg_advisory_xact_lock_shared(%s)::text", (PUBLISH_LOCK,))
            # a statement of its own: the one that waited for the lock sees the store as it was before
            return work.row("SELECT version, pilot FROM ff_app_head WHERE app = %s", (key,))
        kept = self._heads.get(key)
        if kept is not None and time.monotonic() - kept[1] < HEAD_CACHE_SECONDS:
            return kept[0]
        found = work.row("SELECT version, pilot FROM ff_app_head WHERE app = %s", (key,))
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
