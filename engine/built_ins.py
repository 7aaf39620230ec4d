"""The extensions of the kernel."""

from __future__ import annotations

from typing import Any

from engine.calendars.kind import CalendarKind
from engine.connect.built_ins import BUILT_INS as CONNECT
from engine.expressions.functions import BUILTIN as FUNCTIONS
from engine.jobs.housekeeping import Housekeeping
from engine.permissions.kind import RoleKind, ScopeKind

BUILT_INS: tuple[type[Any], ...] = (CalendarKind, ScopeKind, RoleKind, Housekeeping, *CONNECT, *FUNCTIONS)
