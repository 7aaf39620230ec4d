"""Modules and references across apps: a module may bring a reference, and what is referred to."""

from __future__ import annotations

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app, kinds
from engine.definitions.neighbours import named_apps, with_apps
from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents, field, named
from tests.engine.definitions.modules.warranty import WARRANTY, module, with_modules

REGISTRIES = fill(extensions(BUILT_INS))
HELP = {
    "app": {"help": {"key": "help", "label": named("Help")}},
    "form": {
        "case": {"key": "case", "label": named("Case"), "title": "name", "fields": [field("name", "text")]}
    },
}
LINK = module(
    "link",
    extend={
        "form": {
            "case": {
                "fields": [
                    field("claim", "ref", form="clients.claim"),
                    field("months", "lookup", path="claim.client.warranty"),
                ]
            }
        }
    },
)


def errors(source, **apps):
    found = check_app(source, with_apps(REGISTRIES, apps)).findings
    return [(each.code, each.pointer) for each in found if each.level == "error"]


def test_a_module_refers_to_what_a_module_of_another_app_brings():
    linked = with_modules(LINK, app=HELP)
    assert named_apps(linked, kinds(REGISTRIES)) == {"clients"}
    assert errors(linked, clients=with_modules(WARRANTY)) == []
    assert ("unknown_form", "/modules/link/extend/form/case/fields/0/form") in errors(
        linked, clients=documents()
    )


def test_a_module_cannot_go_while_another_app_refers_to_what_it_brings(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_modules(WARRANTY))
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_modules(LINK, app=HELP))
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents())
    breaks = {each.pointer for each in refused.value.findings if each.code == "breaks_other_app"}
    assert "/apps/help/modules/link/extend/form/case/fields/claim/form" in breaks
    with runtime.unit_of_work(SYSTEM) as work:
        done = publish(work, documents(), force=["/apps/help"])
    assert done.version == 2
    with runtime.reading(SYSTEM) as work:
        assert {part.pointer for part in work.app("help").broken} == {
            pointer.removeprefix("/apps/help") for pointer in breaks
        }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_modules(WARRANTY))
    with runtime.reading(SYSTEM) as work:
        assert work.app("help").broken == ()
