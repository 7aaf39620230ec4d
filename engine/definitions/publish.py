"""Publishing: check, plan, and make a version real in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from engine.definitions import repository
from engine.definitions.app import CompiledApp, Documents
from engine.definitions.canonical import same
from engine.definitions.check import check_app, kinds
from engine.definitions.plan import Step
from engine.errors import NotPublishable
from engine.findings import Finding, Text, error
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: `changed` is False when the documents were already the published ones."""

    app: str
    version: int
    changed: bool
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]


def plan(work: UnitOfWork, source: Documents) -> tuple[CompiledApp | None, list[Finding], list[Step]]:
    """The compiled new version, findings and steps of publishing `source`; changes nothing."""
    key = next(iter(source.get("app", {})), "")
    before = work.runtime.head(work, key)
    version = (before.version if before else 0) + 1
    checked = check_app(source, work.runtime.registries, version=version, ring=work.runtime.ring)
    findings = list(checked.findings)
    if checked.app is None:
        return None, findings, []
    steps = [step for kind in kinds(work.runtime.registries) for step in kind.plan(before, checked.app)]
    findings.extend(_refusal(step) for step in steps if step.risk == "destructive")
    return checked.app, findings, steps


def _refusal(step: Step) -> Finding:
    return error(
        "not_additive",
        step.pointer,
        step.message,
        Text(
            zh="目前发布只接受新增；请保留原有字段，另加新字段。",
            en="Publishing accepts additions only for now: keep what exists and add beside it.",
        ),
    )


def publish(work: UnitOfWork, source: Documents, *, note: str | None = None) -> Published:
    """Publish `source` as the next version of its app. Raises NotPublishable with every finding that blocks."""
    work.runtime.lock_publishing(work)
    key = next(iter(source.get("app", {})), "")
    before = work.runtime.head(work, key)
    if before is not None and same(before.source, source):
        return Published(key, before.version, False, (), ())
    after, findings, steps = plan(work, source)
    blocking = [finding for finding in findings if finding.level == "error"]
    if after is None or blocking:
        raise NotPublishable(blocking)
    work.apps[key] = after
    for kind in kinds(work.runtime.registries):
        kind.publish(work, before, after)
    repository.add_version(work, key, after.version, source, note)
    work.after_commit(partial(work.runtime.adopt, after))
    return Published(key, after.version, True, tuple(findings), tuple(steps))
