"""Fixtures of the shop app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.forms.shop import publish_shop
from tests.forms.territory import publish_land
from tests.support.prepared import Prepared, prepared_by

if TYPE_CHECKING:
    from engine.definitions.app import CompiledApp


@pytest.fixture
@prepared_by(publish_shop)
def shop(prepared: Prepared, people: dict[str, Any]) -> CompiledApp:
    """The shop, published on a fresh database with users."""
    app: CompiledApp = prepared.result
    return app


@pytest.fixture
@prepared_by(publish_land)
def land(prepared: Prepared, people: dict[str, Any]) -> CompiledApp:
    """The territory, published, with regions world > east > shanghai, world > south and two products."""
    app: CompiledApp = prepared.result
    return app
