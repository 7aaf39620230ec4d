"""Fixtures of the shop app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.forms.shop import publish_shop
from tests.forms.territory import publish_land

if TYPE_CHECKING:
    from engine.definitions.app import CompiledApp
    from engine.runtime import Runtime


@pytest.fixture
def shop(runtime: Runtime, people: dict[str, Any]) -> CompiledApp:
    """The shop, published on a fresh database with users."""
    return publish_shop(runtime)


@pytest.fixture
def land(runtime: Runtime, people: dict[str, Any]) -> CompiledApp:
    """The territory, published, with regions world > east > shanghai, world > south and two products."""
    return publish_land(runtime)
