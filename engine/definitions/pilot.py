"""A version that some people try before all get it: who they are, and how it ends.

The head stays what everybody else works with. The columns of new fields are there for both versions, so that
nothing is lost whoever saves a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import insert, select, update

from engine.definitions.app import CompiledApp
from engine.definitions.check import read_model
from engine.definitions.entitled import WIDENS
from engine.definitions.plan import Step
from engine.errors import Conflict, Invalid, NotFound
from engine.findings import Finding, Text, error, text
from engine.identity import repository as identity
from engine.identity.principal import Principal
from engine.protocols import Document
from engine.storage.tables import app_head, app_pilot
from engine.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

HARMLESS = frozenset({"add_form", "add_field", "add_module", WIDENS})
"""Steps that two versions can live with at once; all others change what the other version reads."""


class PilotGroup(Document):
    """Who tries a version: these users, the members of these departments and of those below, the holders of
    these roles.
    """

    users: tuple[str, ...] = Field(default=(), max_length=1000)
    departments: tuple[str, ...] = Field(default=(), max_length=1000)
    roles: tuple[str, ...] = Field(default=(), max_length=100)

    def has(self, who: Principal) -> bool:
        """Whether somebody belongs to it."""
        depts = {who.dept, *who.depts_above}
        return (
            who.user in self.users
            or not depts.isdisjoint(self.departments)
            or not set(who.own_roles).isdisjoint(self.roles)
        )


class PilotRunning(Conflict):
    """A pilot group is trying a version of this app."""

    code = "pilot_running"
    zh = "该应用有一个版本正在试点。"
    fix_zh = "请先推广（pilot:promote）或撤回（pilot:withdraw）试点版本。"
    fix_en = "Promote the version (pilot:promote) or withdraw it (pilot:withdraw) first."


class NoPilot(NotFound):
    """No version of this app is being tried."""

    code = "no_pilot"
    zh = "该应用没有正在试点的版本。"


def running(work: UnitOfWork, app: str) -> int | None:
    """The version that is being tried, or None."""
    found = work.connection.execute(select(app_head.c.pilot).where(app_head.c.app == app))
    return found.scalar_one_or_none()


def require_none(work: UnitOfWork, app: str) -> None:
    """Raises PilotRunning."""
    version = running(work, app)
    if version is not None:
        raise PilotRunning(details={"version": version})


def about(work: UnitOfWork, app: str) -> dict[str, Any]:
    """The version that is being tried, by whom, since when. Raises NoPilot."""
    version = running(work, app)
    if version is None:
        raise NoPilot()
    statement = select(app_pilot).where(app_pilot.c.app == app, app_pilot.c.version == version)
    row = work.connection.execute(statement).mappings().one()
    return {
        "version": version,
        **row["people"],
        "started_by": row["started_by"],
        "started_at": row["started_at"],
    }


def takes_part(runtime: Runtime, work: UnitOfWork, app: str, version: int) -> bool:
    """Whether who acts works with the version that is being tried."""
    if work.principal.is_system:
        return False
    groups: dict[tuple[str, int], PilotGroup] = runtime.services.setdefault("pilot_groups", {})
    group = groups.get((app, version))
    if group is None:
        statement = select(app_pilot.c.people).where(app_pilot.c.app == app, app_pilot.c.version == version)
        group = groups[app, version] = PilotGroup.model_validate(
            work.connection.execute(statement).scalar_one()
        )
    return group.has(work.principal)


def refusals(
    work: UnitOfWork, before: CompiledApp | None, after: CompiledApp, steps: Sequence[Step], group: PilotGroup
) -> list[Finding]:
    """Why a version cannot be tried by a part of the people."""
    found = [_refused(step) for step in steps if step.action not in HARMLESS]
    if before is None:
        found.append(
            error(
                "pilot_first_version",
                "/pilot",
                text("第一个版本不能试点。", "The first version cannot be tried by a few."),
                text("请直接发布。", "Publish it for all."),
            )
        )
    return [*found, *_unknown(work, after, group)]


def _refused(step: Step) -> Finding:
    return error(
        "not_for_a_pilot",
        step.pointer,
        Text(
            zh=f"试点版本只能新增：{step.message['zh']}",
            en=f"A version for a pilot group may only add: {step.message['en']}",
        ),
        Text(zh="请把这一步留到全员发布。", en="Leave this step for a publish to all."),
    )


def _unknown(work: UnitOfWork, after: CompiledApp, group: PilotGroup) -> list[Finding]:
    users = [key for key in group.users if identity.user_by_id(work, key) is None]
    departments = [key for key in group.departments if identity.department_by_id(work, key) is None]
    roles = [key for key in group.roles if key not in after.kind("role")]
    named = [("users", users), ("departments", departments), ("roles", roles)]
    found = [
        error(
            "unknown_person",
            f"/pilot/{part}",
            text(f"没有“{key[:100]}”。", f"There is no '{key[:100]}'."),
            text("请检查标识。", "Check the id."),
        )
        for part, keys in named
        for key in keys
    ]
    if not (group.users or group.departments or group.roles):
        message = text("试点名单为空。", "Nobody is in the pilot group.")
        found.append(error("required", "/pilot", message, text("请指定试点人员。", "Say who is.")))
    return found


def start(work: UnitOfWork, app: str, version: int, group: PilotGroup) -> None:
    """Let the group work with a stored version."""
    work.connection.execute(
        insert(app_pilot).values(
            app=app,
            version=version,
            people=group.model_dump(mode="json"),
            started_by=work.principal.user,
            started_at=work.now,
        )
    )
    work.connection.execute(update(app_head).where(app_head.c.app == app).values(pilot=version))


def end(work: UnitOfWork, app: str) -> int:
    """Make the version that was tried the head; the version. Raises NoPilot."""
    version = running(work, app)
    if version is None:
        raise NoPilot()
    work.connection.execute(update(app_head).where(app_head.c.app == app).values(version=version, pilot=None))
    return version


def read_group(document: Any) -> PilotGroup:
    """The group of a request. Raises Invalid."""
    findings: list[Finding] = []
    group = read_model(PilotGroup, document, "/pilot", findings)
    if not isinstance(group, PilotGroup):
        raise Invalid(findings)
    return group
