"""Create, change and disable users and departments; who stands above and below whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from engine.changes.operations import note
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.findings import Finding, Text, error, text
from engine.identity import chosen_passwords, repository, tokens
from engine.identity.changed import identity_changes
from engine.identity.documents import (
    DepartmentDocument,
    UserDocument,
    read_document,
)
from engine.identity.principal import ADMIN_ROLE, Principal
from engine.permissions.repository import forms_shared_in_part, held_now
from engine.storage.unit_of_work import UnitOfWork


class LastAdministrator(EngineError):
    """This is the last active administrator."""

    code = "last_administrator"
    zh = "这是最后一位在用的管理员。"
    fix_zh = "请先指定另一位管理员。"
    fix_en = "Appoint another administrator first."


class AlreadyExists(Conflict):
    """The id or login name is taken."""

    code = "already_exists"
    zh = "标识或登录名已被使用。"
    fix_zh = "请换一个标识。"
    fix_en = "Choose another id."


class DepartmentInUse(Conflict):
    """Users or sub-departments belong to this department."""

    code = "department_in_use"
    zh = "该部门下仍有人员或子部门。"
    fix_zh = "请先把它们移到别处。"
    fix_en = "Move them elsewhere first."


def require_admin(work: UnitOfWork) -> None:
    """Raises Forbidden unless an administrator or the system acts."""
    if not work.principal.is_admin:
        raise Forbidden()


def principal_of(work: UnitOfWork, key: str) -> Principal | None:
    """The principal for an active user, or None."""
    row = repository.user_by_id(work, key)
    if row is None or not row["active"]:
        return None
    given, until = held_now(work, key)
    roles = tuple(sorted({*repository.roles_of(work, [key]).get(key, ()), *given}))
    dept = row["dept"]
    return Principal(
        user=key,
        name=row["name"].get(row["locale"]) or key,
        roles=roles,
        dept=dept,
        depts=() if dept is None else repository.department_tree(work, dept),
        depts_above=() if dept is None else repository.departments_above(work, dept),
        subordinates=repository.subordinates(work, key),
        locale=row["locale"],
        is_admin=ADMIN_ROLE in roles,
        until=until,
        parts=forms_shared_in_part(work, key),
    )


def get_user(work: UnitOfWork, key: str) -> dict[str, Any]:
    """The user with roles. Raises NotFound."""
    row = repository.user_by_id(work, key)
    if row is None:
        raise NotFound(details={"user": key})
    return {**row, "roles": list(repository.roles_of(work, [key]).get(key, ()))}


def create_user(
    work: UnitOfWork, document: Any, *, password_hash: str | None = None, must_change: bool = False
) -> dict[str, Any]:
    """Add a user from a document. With `must_change` the password is only for the first login.

    Raises Forbidden, Invalid, AlreadyExists.
    """
    require_admin(work)
    checked = read_document(UserDocument, document)
    username = checked.username or checked.id
    if repository.user_by_id(work, checked.id) or repository.credentials(work, username):
        raise AlreadyExists(pointer="/id")
    links = _broken_links(work, checked.id, checked.dept, checked.superior)
    _refuse([*links, *unknown_roles(work, checked.roles)])
    repository.add_user(work, {**user_values(checked), "created_at": work.now})
    repository.set_roles(work, checked.id, checked.roles)
    note(work, "user_created", checked.id, details={"roles": sorted(checked.roles)})
    if password_hash is not None:
        chosen_passwords.keep(work, checked.id, password_hash, must_change=must_change)
    work.after_commit(identity_changes.bump)
    return get_user(work, checked.id)


def update_user(work: UnitOfWork, key: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change the named properties; `active: false` also ends all sessions. Raises as create_user."""
    require_admin(work)
    before = get_user(work, key)
    if "id" in changes:
        raise Invalid([error("read_only", "/id", text("标识不能修改。", "The id cannot be changed."))])
    known = {name: before[name] for name in UserDocument.model_fields if before[name] is not None}
    checked = read_document(UserDocument, {**known, **changes})
    _check_username(work, before, checked)
    links = _broken_links(work, key, checked.dept, checked.superior)
    _refuse([*links, *unknown_roles(work, checked.roles, held=before["roles"])])
    _keep_an_administrator(work, before, checked)
    repository.change_user(work, key, user_values(checked))
    repository.set_roles(work, key, checked.roles)
    if not checked.active:
        tokens.revoke_all(work, key)
    work.after_commit(identity_changes.bump)
    after = get_user(work, key)
    note(work, "user_changed", key, details=_moved(before, after))
    return after


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What changed, old and new; of addresses and names only that they did."""
    told = {"roles", "active", "dept", "superior", "username"}
    changed = [name for name in before if before[name] != after[name]]
    return {str(name): [before[name], after[name]] if name in told else True for name in changed}


def disable_user(work: UnitOfWork, key: str) -> None:
    """End all sessions of a user and refuse new ones; the records stay theirs."""
    update_user(work, key, {"active": False})


def set_password_hash(work: UnitOfWork, key: str, password_hash: str, *, must_change: bool = False) -> None:
    """Give a user a new password (already hashed) and end all sessions. Own user or administrator."""
    if work.principal.user != key:
        require_admin(work)
    get_user(work, key)
    chosen_passwords.keep(work, key, password_hash, must_change=must_change)


def user_values(document: UserDocument) -> dict[str, Any]:
    """The row of a user document, without password and creation time."""
    return {
        "id": document.id,
        "username": document.username or document.id,
        "name": document.name.model_dump(),
        "email": document.email,
        "phone": document.phone,
        "dept": document.dept,
        "superior": document.superior,
        "locale": document.locale,
        "active": document.active,
    }


def create_department(work: UnitOfWork, document: Any) -> dict[str, Any]:
    """Add a department from a document. Raises Forbidden, Invalid, AlreadyExists."""
    require_admin(work)
    checked = read_document(DepartmentDocument, document)
    if repository.department_by_id(work, checked.id):
        raise AlreadyExists(pointer="/id")
    _refuse(_broken_department(work, checked))
    repository.add_department(work, checked.model_dump())
    work.after_commit(identity_changes.bump)
    return checked.model_dump()


def update_department(work: UnitOfWork, key: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change the named properties of a department. Raises NotFound and as create_department."""
    require_admin(work)
    before = repository.department_by_id(work, key)
    if before is None:
        raise NotFound(details={"department": key})
    checked = read_document(DepartmentDocument, {**before, **changes, "id": key})
    _refuse(_broken_department(work, checked))
    repository.change_department(work, key, checked.model_dump())
    work.after_commit(identity_changes.bump)
    return checked.model_dump()


def remove_department(work: UnitOfWork, key: str) -> None:
    """Remove an empty department. Raises NotFound, DepartmentInUse."""
    require_admin(work)
    if repository.department_by_id(work, key) is None:
        raise NotFound(details={"department": key})
    if repository.department_in_use(work, key):
        raise DepartmentInUse
    repository.remove_department(work, key)
    work.after_commit(identity_changes.bump)


def superiors(work: UnitOfWork, key: str, *, levels: int = 1) -> str | None:
    """The active user `levels` steps above, or None. Inactive ones in between are stepped over."""
    seen, current = {key}, repository.user_by_id(work, key)
    while current is not None and current["superior"] not in {None, *seen}:
        current = repository.user_by_id(work, current["superior"])
        if current is None:
            return None
        seen.add(current["id"])
        levels -= 1 if current["active"] else 0
        if levels == 0:
            return str(current["id"])
    return None


def department_head(work: UnitOfWork, key: str) -> str | None:
    """The active head of the department, or of the nearest one above that has one."""
    seen: set[str] = set()
    current = repository.department_by_id(work, key)
    while current is not None and current["id"] not in seen:
        seen.add(current["id"])
        head = repository.user_by_id(work, current["head"]) if current["head"] else None
        if head is not None and head["active"]:
            return str(head["id"])
        current = repository.department_by_id(work, current["parent"]) if current["parent"] else None
    return None


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise Invalid(findings)


def _check_username(work: UnitOfWork, before: Mapping[str, Any], after: UserDocument) -> None:
    username = after.username or after.id
    if username != before["username"] and repository.credentials(work, username):
        raise AlreadyExists(pointer="/username")


def _broken_links(work: UnitOfWork, key: str, dept: str | None, superior: str | None) -> list[Finding]:
    findings = []
    if dept is not None and repository.department_by_id(work, dept) is None:
        findings.append(unknown("/dept", dept))
    if superior is not None:
        if repository.user_by_id(work, superior) is None:
            findings.append(unknown("/superior", superior))
        elif superior == key or superior in repository.subordinates(work, key):
            findings.append(_loop("/superior", superior))
    return findings


def _broken_department(work: UnitOfWork, document: DepartmentDocument) -> list[Finding]:
    findings = []
    if document.parent is not None:
        if repository.department_by_id(work, document.parent) is None and document.parent != document.id:
            findings.append(unknown("/parent", document.parent))
        elif document.parent in {document.id, *repository.department_tree(work, document.id)}:
            findings.append(_loop("/parent", document.parent))
    if document.head is not None and repository.user_by_id(work, document.head) is None:
        findings.append(unknown("/head", document.head))
    return findings


def _keep_an_administrator(work: UnitOfWork, before: Mapping[str, Any], after: UserDocument) -> None:
    stays = after.active and ADMIN_ROLE in after.roles
    was = before["active"] and ADMIN_ROLE in before["roles"]
    if was and not stays and repository.role_holders(work, ADMIN_ROLE) == (after.id,):
        raise LastAdministrator


def known_roles(work: UnitOfWork) -> set[str]:
    """The roles that a published app has, and that of administrators; empty while no app is published."""
    apps = work.runtime.app_keys(work)
    found = {role for app in apps for role in work.app(app).kind("role")}
    return {ADMIN_ROLE, *found} if apps else set()


def unknown_roles(
    work: UnitOfWork, roles: Iterable[str], *, held: Iterable[str] = (), pointer: str = "/roles"
) -> list[Finding]:
    """A finding for each role that no app has; roles `held` already may be of an app that comes later."""
    known = known_roles(work)
    fine = known.union(held)
    if not known or fine.issuperset(roles):
        return []
    return [
        error(
            "unknown_role",
            f"{pointer}/{index}",
            text(f"没有角色“{role}”。", f"There is no role '{role}'."),
            _meant(role, known),
        )
        for index, role in enumerate(roles)
        if role not in fine
    ]


def _meant(name: str, known: Iterable[str]) -> Text:
    close = get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    if not close:
        return text("请使用已发布应用中的角色。", "Use a role of a published app.")
    return text(f"是否想写：{'、'.join(close)}？", f"Did you mean {' or '.join(close)}?")


def unknown(pointer: str, key: str) -> Finding:
    """A finding for a reference that leads nowhere."""
    return error("not_found", pointer, text(f"找不到“{key}”。", f"There is no '{key}'."))


def _loop(pointer: str, key: str) -> Finding:
    return error("loop", pointer, text(f"“{key}”在其下级之中。", f"'{key}' stands below."))
