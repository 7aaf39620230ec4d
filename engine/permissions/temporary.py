"""Roles given for a time: a stand-in during leave, an auditor for a week."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from engine.changes.operations import note
from engine.definitions.app import Key
from engine.errors import Invalid, NotFound
from engine.findings import error, text
from engine.identity.changed import identity_changes
from engine.identity.documents import read_document
from engine.identity.service import get_user, require_admin
from engine.ids import new_id
from engine.permissions import repository
from engine.protocols import Document
from engine.storage.unit_of_work import UnitOfWork

Written = Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=500)]


class TemporaryRole(Document):
    """A role from one moment to another, and why. Without `from` it begins at once."""

    role: Key
    begins: AwareDatetime | None = Field(default=None, alias="from")
    ends: AwareDatetime = Field(alias="until")
    why: Written


class NoTemporaryRole(NotFound):
    """The user was given no such role for a time."""

    code = "temporary_role_not_found"
    zh = "该用户没有此临时授权。"


def give_role(work: UnitOfWork, user: str, document: Any) -> dict[str, Any]:
    """Give a user a role for a time. Raises Forbidden, NotFound, Invalid."""
    require_admin(work)
    get_user(work, user)
    asked = read_document(TemporaryRole, document)
    begins = asked.begins or work.now
    if asked.ends <= max(begins, work.now):
        message = text("结束时间应晚于开始时间和现在。", "The end must be after the beginning and after now.")
        raise Invalid([error("bad_period", "/until", message)])
    values = {
        "id": new_id(),
        "user": user,
        "role": asked.role,
        "begins": begins,
        "ends": asked.ends,
        "why": asked.why,
        "given_by": work.principal.user,
        "given_at": work.now,
    }
    repository.add_temporary_role(work, values)
    work.after_commit(identity_changes.bump)
    made = _json(values)
    note(
        work, "give_role", user, details={name: made[name] for name in ("id", "role", "from", "until", "why")}
    )
    return made


def end_role(work: UnitOfWork, user: str, which: str) -> None:
    """End it now; one that has not begun never does. Raises Forbidden, NoTemporaryRole."""
    require_admin(work)
    row = repository.temporary_role_of(work, user, which)
    if row is None:
        raise NoTemporaryRole()
    if row["ends"] > work.now:
        repository.end_temporary_role(work, which, work.now)
        work.after_commit(identity_changes.bump)
        note(work, "end_role", user, details={"id": which, "role": row["role"]})


def given_roles(work: UnitOfWork, user: str) -> list[dict[str, Any]]:
    """What a user was ever given, for administrators and the user. Raises Forbidden, NotFound."""
    if work.principal.user != user:
        require_admin(work)
    get_user(work, user)
    rows = repository.temporary_roles(work, user)
    return [{**_json(row), "holds": row["begins"] <= work.now < row["ends"]} for row in rows]


def _json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "user": row["user"],
        "role": row["role"],
        "from": _moment(row["begins"]),
        "until": _moment(row["ends"]),
        "why": row["why"],
        "given_by": row["given_by"],
        "given_at": _moment(row["given_at"]),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
