"""The extensions of the kernel."""

from __future__ import annotations

from typing import Any

from engine.connect.built_ins import BUILT_INS as CONNECT
from engine.jobs.housekeeping import Housekeeping
from engine.permissions.kind import RoleKind, ScopeKind

BUILT_INS: tuple[type[Any], ...] = (ScopeKind, RoleKind, Housekeeping, *CONNECT)
