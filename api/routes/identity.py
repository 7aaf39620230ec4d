"""Users, departments and roles: pickers for everybody, changes for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing, page
from api.body import flag, json_object, number, query, required_text
from api.described import body_of, model_body
from api.edge import edge_of, read, write
from engine.changes.operations import note
from engine.errors import Invalid
from engine.findings import error, text
from engine.identity import attempts, chosen_passwords, outside_logins, repository, service
from engine.identity.documents import DepartmentDocument, Organisation, UserDocument
from engine.identity.organisation import load_organisation, organisation, role_warnings
from engine.identity.passwords import hash_password
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["identity"])

PASSWORD = {"password": {"type": "string"}, "must_change": {"type": "boolean"}}
PICKER_FIELDS = ("id", "name", "dept", "active")
PICKER = ("search", "dept", "role", "active", "after", "limit")


@router.get("/users")
async def users(request: Request) -> Response:
    """Users in id order: `?search=&dept=&role=&active=&after=&limit=`. Administrators see all properties."""
    asked = query(request, *PICKER)
    limit = number(asked, "limit", default=50, least=1, most=500)
    active = flag(asked, "active") if "active" in asked else None

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        rows = repository.users(
            work,
            search=asked.get("search"),
            dept=asked.get("dept"),
            role=asked.get("role"),
            active=active,
            after=asked.get("after"),
            limit=limit + 1,
        )
        return _visible(work, rows)

    rows = await read(request, find)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    return page(rows[:limit], next_cursor=more)


def _visible(work: UnitOfWork, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not work.principal.is_admin:
        return [{name: row[name] for name in PICKER_FIELDS} for row in rows]
    roles = repository.roles_of(work, [row["id"] for row in rows])
    return [{**row, "roles": list(roles.get(row["id"], ()))} for row in rows]


@router.post("/users", status_code=201, openapi_extra=model_body(UserDocument, more=PASSWORD))
async def create_user(request: Request) -> Response:
    """A user document, optionally with `password`; unless `must_change` is false it is for the first login only."""
    query(request)
    document = await json_object(request)
    hashed = await _hashed(request, document)
    change = _must_change(document)
    made = await write(
        request,
        lambda work: service.create_user(work, document, password_hash=hashed, must_change=change),
    )
    return created(made, f"/api/v1/users/{made['id']}")


async def _hashed(request: Request, document: dict[str, Any]) -> str | None:
    """The hash of the password in the document, which is taken out of it."""
    if "password" not in document:
        return None
    password = required_text(document, "password")
    del document["password"]
    names = {"username": "", "email": None, **document}
    row = {**names, "id": document.get("id", ""), "username": names["username"] or ""}
    return await _hash_of(request, password, {key: str(value or "") for key, value in row.items()})


async def _hash_of(request: Request, password: str, row: Mapping[str, Any]) -> str:
    """Only administrators may have one computed: it costs time."""

    def policy(work: UnitOfWork) -> chosen_passwords.Policy:
        service.require_admin(work)
        return chosen_passwords.policy(work)

    found = await read(request, policy)
    chosen_passwords.check_choice(password, found, chosen_passwords.names_of(row))
    return await edge_of(request).passwords.run(lambda: hash_password(password))


def _must_change(document: dict[str, Any]) -> bool:
    """Whether a password given by somebody else is only for the first login; taken out of the document."""
    said = document.pop("must_change", True)
    if isinstance(said, bool):
        return said
    message = text("应为 true 或 false。", "true or false is expected.")
    raise Invalid([error("wrong_type", "/must_change", message)])


@router.get("/users/{user}")
async def get_user(request: Request, user: str) -> Response:
    """One user; the whole of it for administrators and oneself."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        row = service.get_user(work, user)
        whole = work.principal.is_admin or work.principal.user == user
        return row if whole else {name: row[name] for name in PICKER_FIELDS}

    return answer(await read(request, find))


@router.patch("/users/{user}", openapi_extra=model_body(UserDocument, partial=True))
async def update_user(request: Request, user: str) -> Response:
    """Change the named properties; `{"active": false}` disables the user and ends all sessions."""
    query(request)
    changes = await json_object(request)
    return answer(await write(request, lambda work: service.update_user(work, user, changes)))


@router.post("/users/{user}:password", status_code=204, openapi_extra=body_of(PASSWORD, "password"))
async def set_password(request: Request, user: str) -> Response:
    """`{"password", "must_change"?}`: a new password, set by an administrator; unless `must_change` is false it
    is only for the next login.
    """
    query(request)
    body = await json_object(request, allowed=("password", "must_change"))
    password, change = required_text(body, "password"), _must_change(body)

    def about(work: UnitOfWork) -> dict[str, Any]:
        service.require_admin(work)
        return service.get_user(work, user)

    hashed = await _hash_of(request, password, await read(request, about))
    await write(request, lambda work: service.set_password_hash(work, user, hashed, must_change=change))
    return nothing()


@router.post("/users/{user}:unlock", status_code=204)
async def unlock(request: Request, user: str) -> Response:
    """Forget the failed logins of a user, so that they need not wait. Administrators only."""
    query(request)

    def open_again(work: UnitOfWork) -> None:
        service.require_admin(work)
        attempts.open_again(work, service.get_user(work, user)["username"])
        note(work, "login_unlocked", user)

    await write(request, open_again)
    return nothing()


@router.post("/users/{user}:forget_account", status_code=204)
async def forget_account(request: Request, user: str) -> Response:
    """Forget who a user is at the OpenID provider, so that another account of the same login name is taken.
    Administrators only.
    """
    query(request)

    def forget(work: UnitOfWork) -> None:
        service.require_admin(work)
        outside_logins.forget_account(work, user)

    await write(request, forget)
    return nothing()


@router.get("/departments")
async def departments(request: Request) -> Response:
    """All departments; `parent` makes the tree."""
    query(request)
    return page(await read(request, repository.departments))


@router.post("/departments", status_code=201, openapi_extra=model_body(DepartmentDocument))
async def create_department(request: Request) -> Response:
    """A department document."""
    query(request)
    document = await json_object(request)
    made = await write(request, lambda work: service.create_department(work, document))
    return created(made, f"/api/v1/departments/{made['id']}")


@router.patch("/departments/{department}", openapi_extra=model_body(DepartmentDocument, partial=True))
async def update_department(request: Request, department: str) -> Response:
    """Change the named properties of a department."""
    query(request)
    changes = await json_object(request)
    return answer(await write(request, lambda work: service.update_department(work, department, changes)))


@router.delete("/departments/{department}", status_code=204)
async def remove_department(request: Request, department: str) -> Response:
    """Remove a department to which nobody belongs."""
    query(request)
    await write(request, lambda work: service.remove_department(work, department))
    return nothing()


@router.get("/roles")
async def roles(request: Request) -> Response:
    """Every role somebody holds, with the number of active holders. Administrators only."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        service.require_admin(work)
        return [{"role": role, "holders": holders} for role, holders in repository.all_roles(work)]

    return page(await read(request, find))


@router.get("/organisation")
async def export_organisation(request: Request) -> Response:
    """Departments and users as one document. Administrators only."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        service.require_admin(work)
        return organisation(work)

    return answer(await read(request, find, snapshot=True))


@router.put("/organisation", openapi_extra=model_body(Organisation))
async def import_organisation(request: Request) -> Response:
    """Bring departments and users to what the document says. Administrators only."""
    query(request)
    document = await json_object(request)

    def load(work: UnitOfWork) -> dict[str, Any]:
        done = load_organisation(work, document)
        warnings = [each.as_json() for each in role_warnings(work, document)]
        return {**done, "warnings": warnings} if warnings else done

    return answer(await write(request, load))
