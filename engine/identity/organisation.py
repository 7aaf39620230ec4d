"""Load departments and users from a JSON document; loading it twice changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.changes.operations import note
from engine.errors import Invalid
from engine.findings import Finding, error, text
from engine.identity import repository, tokens
from engine.identity.changed import identity_changes
from engine.identity.documents import (
    DepartmentDocument,
    Organisation,
    UserDocument,
    loop_findings,
    read_document,
)
from engine.identity.service import require_admin, unknown, unknown_roles, user_values
from engine.storage.unit_of_work import UnitOfWork


@dataclass
class Tally:
    """How many objects a load created, updated and left as they were."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


def load_organisation(work: UnitOfWork, document: Any) -> dict[str, dict[str, int]]:
    """Bring departments and users to what the document says; those it does not name stay.

    Passwords are never in the document. Returns tallies under `departments` and `users`.
    Raises Forbidden, Invalid.
    """
    require_admin(work)
    checked = read_document(Organisation, document)
    departments = {row["id"]: row for row in repository.departments(work)}
    users = {row["id"]: row for row in repository.users(work)}
    findings = _findings(checked, departments, users)
    if findings:
        raise Invalid(findings)
    tallies = {
        "departments": _load_departments(work, checked, departments),
        "users": _load_users(work, checked, users),
    }
    work.after_commit(identity_changes.bump)
    done = {name: asdict(tally) for name, tally in tallies.items()}
    if any(each["created"] or each["updated"] for each in done.values()):
        note(work, "organisation_loaded", "", details=done)
    return done


def role_warnings(work: UnitOfWork, document: Any) -> list[Finding]:
    """Roles of the document that no published app has. An organisation may be loaded before its apps, so
    these are said, not refused.
    """
    checked = read_document(Organisation, document)
    return [
        replace(each, level="warning")
        for position, user in enumerate(checked.users)
        for each in unknown_roles(work, user.roles, pointer=f"/users/{position}/roles")
    ]


def organisation(work: UnitOfWork) -> dict[str, Any]:
    """The stored organisation as such a document."""
    users = repository.users(work)
    roles = repository.roles_of(work, [row["id"] for row in users])
    return {
        "departments": repository.departments(work),
        "users": [
            {
                **{name: row[name] for name in UserDocument.model_fields if name != "roles"},
                "roles": list(roles.get(row["id"], ())),
            }
            for row in users
        ],
    }


def _findings(
    document: Organisation, departments: Mapping[str, Any], users: Mapping[str, Any]
) -> list[Finding]:
    known_departments = set(departments) | {each.id for each in document.departments}
    known_users = set(users) | {each.id for each in document.users}
    found = [
        *_twice("departments", [each.id for each in document.departments]),
        *_twice("users", [each.id for each in document.users]),
        *loop_findings("departments", {each.id: each.parent for each in document.departments}),
        *loop_findings("users", {each.id: each.superior for each in document.users}),
    ]
    for position, dept in enumerate(document.departments):
        found += _missing(f"/departments/{position}/parent", dept.parent, known_departments)
        found += _missing(f"/departments/{position}/head", dept.head, known_users)
    for position, each in enumerate(document.users):
        found += _missing(f"/users/{position}/dept", each.dept, known_departments)
        found += _missing(f"/users/{position}/superior", each.superior, known_users)
    return found


def _twice(kind: str, keys: list[str]) -> list[Finding]:
    return [
        error(
            "duplicate", f"/{kind}/{position}/id", text(f"“{key}”出现两次。", f"'{key}' stands here twice.")
        )
        for position, key in enumerate(keys)
        if key in keys[:position]
    ]


def _missing(pointer: str, key: str | None, known: set[str]) -> list[Finding]:
    return [] if key is None or key in known else [unknown(pointer, key)]


def _load_departments(work: UnitOfWork, document: Organisation, stored: Mapping[str, Any]) -> Tally:
    tally = Tally()
    links: list[DepartmentDocument] = []
    for each in document.departments:
        values, before = each.model_dump(), stored.get(each.id)
        if before is None:
            repository.add_department(work, {**values, "parent": None})
            tally.created += 1
            links.append(each)
        elif before != values:
            repository.change_department(work, each.id, values)
            tally.updated += 1
        else:
            tally.unchanged += 1
    for each in links:  # parents may stand later in the document than their parts
        if each.parent is not None:
            repository.change_department(work, each.id, {"parent": each.parent})
    return tally


def _load_users(work: UnitOfWork, document: Organisation, stored: Mapping[str, Any]) -> Tally:
    tally = Tally()
    roles = repository.roles_of(work, [each.id for each in document.users])
    created = [each for each in document.users if each.id not in stored]
    for each in created:
        values = {**user_values(each), "superior": None, "created_at": work.now}
        repository.add_user(work, values)
        tally.created += 1
    for each in document.users:
        _link_user(work, each, stored.get(each.id), roles.get(each.id, ()), tally)
    return tally


def _link_user(
    work: UnitOfWork,
    each: UserDocument,
    before: Mapping[str, Any] | None,
    roles: tuple[str, ...],
    tally: Tally,
) -> None:
    values = user_values(each)
    same_roles = tuple(sorted(set(each.roles))) == roles
    if before is None:
        if each.superior is not None:
            repository.change_user(work, each.id, {"superior": each.superior})
    elif same_roles and all(before[name] == value for name, value in values.items()):
        tally.unchanged += 1
    else:
        repository.change_user(work, each.id, values)
        tally.updated += 1
        if before["active"] and not each.active:
            tokens.revoke_all(work, each.id)
    if not same_roles:
        repository.set_roles(work, each.id, each.roles)
