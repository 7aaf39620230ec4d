"""The extensions of the kernel."""

from __future__ import annotations

from typing import Any

from engine.calendars.kind import CalendarKind
from engine.cases.kind import TestKind
from engine.cases.steps.expect_message import ExpectMessage
from engine.cases.steps.wait import Wait
from engine.changes.jobs.log_retention import LogRetention
from engine.connect.built_ins import BUILT_INS as CONNECT
from engine.definitions.ahead import PublishAhead
from engine.definitions.modules.kind import ModuleKind
from engine.expressions.functions import BUILTIN as FUNCTIONS
from engine.files.jobs.file_cleanup import FileCleanup
from engine.files.jobs.file_remove import FileRemove
from engine.files.jobs.file_strip import FileStrip
from engine.identity.handover.job import HandoverJob
from engine.identity.handover.mentions import Mentions
from engine.identity.handover.organisation import Designs, Headships, Subordinates
from engine.identity.password_link import PasswordLink
from engine.jobs.housekeeping import Housekeeping
from engine.permissions.kind import RoleKind, ScopeKind

BUILT_INS: tuple[type[Any], ...] = (
    CalendarKind,
    ModuleKind,
    TestKind,
    Wait,
    ExpectMessage,
    ScopeKind,
    RoleKind,
    Housekeeping,
    PublishAhead,
    LogRetention,
    HandoverJob,
    PasswordLink,
    Headships,
    Subordinates,
    Designs,
    Mentions,
    FileCleanup,
    FileRemove,
    FileStrip,
    *CONNECT,
    *FUNCTIONS,
)
