"""What this package adds to the engine."""

from __future__ import annotations

from rules.actions.forbid import Forbid
from rules.definition import RuleKind
from rules.dispatch import RuleListener
from rules.jobs.arm import RuleArm
from rules.jobs.due import RuleDue
from rules.jobs.resume import RuleResume
from rules.triggers.created import Created
from rules.triggers.date_reached import DateReached
from rules.triggers.deleted import Deleted
from rules.triggers.silent import Silent
from rules.triggers.updated import Updated

BUILT_INS: tuple[type, ...] = (
    RuleKind,
    RuleListener,
    Created,
    Updated,
    Deleted,
    DateReached,
    Silent,
    Forbid,
    RuleDue,
    RuleResume,
    RuleArm,
)
