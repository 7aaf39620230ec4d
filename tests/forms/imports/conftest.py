"""Fixtures of the app `desk`."""

from __future__ import annotations

import pytest

from engine.identity.principal import SYSTEM
from engine.identity.service import update_user
from tests.forms.imports.desk import publish_desk
from tests.support.prepared import prepared_by


@pytest.fixture
@prepared_by(publish_desk)
def desk(prepared, people):
    """The app, published on a fresh database with users."""
    return prepared.result


@pytest.fixture
def clerk(runtime, desk, principal):
    """A person who may import customers but sees some fields and records only."""
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        update_user(work, "li", {"roles": ["clerk"]})
    return principal("li")
