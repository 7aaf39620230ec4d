"""A process that publishes all day long keeps a bounded number of versions, and still answers for every one."""

from __future__ import annotations

import copy

import pytest

from engine.definitions import kept_versions
from engine.definitions.kept_versions import KeptVersions
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.forms.shop import SHOP, name


def test_what_was_asked_for_last_stays():
    kept = KeptVersions(2)
    kept.keep({"a": 1})
    kept.keep({"b": 2})
    assert kept.get("a") == 1
    kept.keep({"c": 3})
    assert (kept.get("b"), kept.get("a"), kept.get("c"), len(kept)) == (None, 1, 3, 2)


def test_versions_that_belong_together_stay_together():
    kept = KeptVersions(2)
    kept.keep({"x": 0})
    kept.keep({"a": 1, "b": 2, "c": 3})
    assert [kept.get(each) for each in "xabc"] == [None, 1, 2, 3]


@pytest.mark.database("sqlite")
def test_every_version_is_still_there_when_it_is_asked_for(runtime, monkeypatch):
    monkeypatch.setattr(kept_versions.KeptVersions.__init__, "__defaults__", (3,))
    app = copy.deepcopy(SHOP)
    for number in range(8):
        app["app"]["shop"] = {"key": "shop", "label": name(f"shop {number}")}
        with runtime.unit_of_work(SYSTEM) as work:
            publish(work, copy.deepcopy(app))
    for _ in range(2):
        for number in range(8):
            with runtime.reading(SYSTEM) as work:
                assert runtime.version(work, "shop", number + 1).settings.label.en == f"shop {number}"
    assert len(runtime.services["versions"]) <= 3
