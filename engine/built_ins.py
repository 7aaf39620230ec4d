"""The extensions of the kernel."""

from __future__ import annotations

from typing import Any

from engine.calendars.kind import CalendarKind
from engine.connect.built_ins import BUILT_INS as CONNECT
from engine.expressions.functions import BUILTIN as FUNCTIONS
from engine.files.jobs.file_cleanup import FileCleanup
from engine.files.jobs.file_remove import FileRemove
from engine.files.jobs.file_strip import FileStrip
from engine.jobs.housekeeping import Housekeeping
from engine.permissions.kind import RoleKind, ScopeKind

BUILT_INS: tuple[type[Any], ...] = (
    CalendarKind,
    ScopeKind,
    RoleKind,
    Housekeeping,
    FileCleanup,
    FileRemove,
    FileStrip,
    *CONNECT,
    *FUNCTIONS,
)
