"""Stores that many tests begin with: prepared once in a process, copied for every test.

A fixture says what it wants to find in the store, a function of a runtime:

    @pytest.fixture
    @prepared_by(publish_shop)
    def shop(prepared, people):
        return prepared.result

The database of a test that uses it is a copy of one on which `publish_shop(runtime)` ran, and the runtime knows
the compiled apps as if it had published them. A test has one such fixture at most.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from engine.definitions.app import CompiledApp, Documents
    from engine.runtime import Runtime

Preparation = Callable[["Runtime"], Any]
STORE = "fourfold.sqlite"


@dataclass(frozen=True, eq=False)
class Prepared:
    """A store to be copied: the URL of its database, the folder with its files, what is published in it.

    `result` is what the preparation returned: values, nothing that belongs to its runtime.
    """

    url: str
    home: Path
    apps: tuple[CompiledApp, ...]
    result: Any

    def copy_files(self, home: Path) -> None:
        """Put everything but the database itself into the data folder of a test."""
        for each in self.home.iterdir():
            if each.is_dir():
                shutil.copytree(each, home / each.name, dirs_exist_ok=True)
            elif not each.name.startswith(STORE):
                shutil.copyfile(each, home / each.name)


def prepared_by(preparation: Preparation) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks the function of a fixture; stands below `@pytest.fixture`."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.preparation = preparation  # type: ignore[attr-defined]
        return function

    return mark


def publishing(*apps: Documents) -> Preparation:
    """The preparation that publishes these documents, app after app."""

    def publish_all(runtime: Runtime) -> None:
        from engine.definitions.publish import publish
        from engine.identity.principal import SYSTEM

        for documents in apps:
            with runtime.unit_of_work(SYSTEM) as work:
                publish(work, documents)

    return publish_all


def preparation_of(request: pytest.FixtureRequest) -> Preparation | None:
    """What the store of the test that asks is to begin with."""
    found: list[Preparation] = []
    for name in request.fixturenames:
        definitions = request._fixturemanager.getfixturedefs(name, request.node) or ()
        # what is overridden is asked for by what overrides it, if at all: the nearest one counts
        preparation = getattr(definitions[-1].func, "preparation", None) if definitions else None
        if preparation is not None and preparation not in found:
            found.append(preparation)
    assert len(found) <= 1, f"a store has one beginning, not {found}"
    return found[0] if found else None


def prepare(runtime: Runtime, preparation: Preparation, url: str) -> Prepared:
    """Run a preparation on a runtime of its own, and close that."""
    from engine.identity.principal import SYSTEM

    try:
        result = preparation(runtime)
        with runtime.reading(SYSTEM) as work:
            apps = tuple(work.app(key) for key in runtime.app_keys(work))
    finally:
        runtime.close()
    return Prepared(url, runtime.settings.home, apps, result)
