"""The roles of docs/rights.md publish."""

from __future__ import annotations

import json
from typing import Any

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.docs.pages import Block, events
from tests.forms.shop import SHOP


def test_the_roles_on_the_page_publish(runtime: Runtime, people: dict[str, Any]) -> None:
    blocks = [each for each in events("rights.md") if isinstance(each, Block) and each.language == "json"]
    roles = {role["key"]: role for role in (json.loads(each.text) for each in blocks)}
    assert len(roles) == 4
    with runtime.unit_of_work(SYSTEM) as work:
        assert publish(work, {**SHOP, "role": roles}).version == 1
