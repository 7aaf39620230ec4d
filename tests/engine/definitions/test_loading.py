"""Who needs an app at once never waits for apps that somebody else compiles meanwhile."""

from __future__ import annotations

import asyncio
import threading

import pytest

from engine.definitions import repository
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage import fibers
from tests.engine.definitions.clients import documents, field
from tests.forms.across_apps.two_apps import HR, VISITS, put

SECONDS = 60
"""Far more than either takes; who waits for the other one waits for ever."""


@pytest.fixture
def second(runtime, settings, extension_classes, clock):
    """Another process on the same database, which has compiled nothing yet."""
    put(runtime, HR)
    put(runtime, VISITS)
    made = Runtime(settings, extension_classes, clock=clock)
    yield made
    made.close()


@pytest.fixture
def held(second, monkeypatch):
    """(begun, go on): the thread "compiling" stops where it compiles the first app until it may go on."""
    begun, may_go_on = threading.Event(), threading.Event()
    compiled = Runtime._compiled

    def slowly(self, *given):
        if threading.current_thread().name == "compiling":
            begun.set()
            assert may_go_on.wait(SECONDS)
        return compiled(self, *given)

    monkeypatch.setattr(Runtime, "_compiled", slowly)
    yield begun, may_go_on
    may_go_on.set()


def app_of(runtime, key):
    with runtime.reading(SYSTEM) as work:
        return work.app(key)


def test_one_app_becomes_the_head_while_a_group_is_compiled(second, held):
    begun, may_go_on = held
    heads = {}

    def keep(key):
        heads[key] = app_of(second, key)

    compiling = threading.Thread(target=keep, args=("visits",), name="compiling")
    asking = threading.Thread(target=keep, args=("hr",), daemon=True)
    compiling.start()
    assert begun.wait(SECONDS)
    asking.start()
    asking.join(SECONDS / 6)
    assert list(heads) == ["hr"]
    may_go_on.set()
    compiling.join(SECONDS)
    assert heads["visits"].others["hr"].version == heads["hr"].version


def test_a_version_nobody_knows_yet_is_not_even_read_on_the_event_loop(second, monkeypatch):
    with second.reading(SYSTEM) as work:
        work.row("SELECT 1")  # a connection is open now
    read = []
    monkeypatch.setattr(repository, "documents_of", lambda *given: read.append(given))

    async def ask():
        await fibers.start(lambda: app_of(second, "visits")).future

    with pytest.raises(fibers.NeedsThread):
        asyncio.run(ask())
    assert not read


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("request_one", ["get", "patch"])
def test_an_app_published_elsewhere_is_compiled_on_a_thread(
    runtime, settings, extension_classes, clock, as_user, people, monkeypatch, request_one
):
    put(runtime, documents())
    root, records = as_user("root"), "/apps/clients/forms/client/records"
    made = root.post(records, {"name": "A", "short": "a"}).json()["id"]
    for _ in range(3):  # both kinds of requests are known to be quick
        assert root.get(f"{records}/{made}").status_code == 200
        assert root.patch(f"{records}/{made}", {"short": "b"}).status_code == 200
    new = documents()
    new["form"]["client"]["fields"].append(field("rank", "int"))
    other = Runtime(settings, extension_classes, clock=clock)
    put(other, new)
    other.close()
    threads, compiled = [], Runtime._compiled

    def told(self, *given):
        threads.append(threading.current_thread().name)
        return compiled(self, *given)

    monkeypatch.setattr(Runtime, "_compiled", told)
    if request_one == "get":
        assert "rank" in root.get(f"{records}/{made}").json()
    else:
        assert root.patch(f"{records}/{made}", {"rank": 1}).json()["rank"] == 1
    assert threads
    assert all(name.startswith("fourfold") for name in threads)
