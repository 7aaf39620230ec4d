"""Who may publish what gives people more rights than they had: administrators alone."""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions.plan import Step
from engine.findings import Finding, error, text
from engine.storage.unit_of_work import UnitOfWork

WIDENS = "widens_rights"
"""The action of a step that lets somebody see or do more than before."""


def refusals(work: UnitOfWork, steps: Iterable[Step]) -> list[Finding]:
    """A finding for each step that widens rights when somebody else than an administrator publishes it."""
    if work.principal.is_admin:
        return []
    return [_refusal(step) for step in steps if step.action == WIDENS]


def granted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without those refusals: what is published is known to give nobody more."""
    return tuple(each for each in findings if each.code != "needs_administrator")


def _refusal(step: Step) -> Finding:
    return error(
        "needs_administrator",
        step.pointer,
        step.message,
        text(
            "扩大权限须由管理员发布：请管理员查看并发布此草稿，或去掉这一处。",
            "Rights are widened by administrators only: ask one to look at the draft and publish it, or "
            "leave this out.",
        ),
    )
