"""The designer's API: documents, drafts, checks, plans, publishing and versions."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, nothing, page
from api.body import json_object, query, required_text, texts
from api.described import IDEMPOTENCY, body_of
from api.edge import edge_of, read, write
from engine.definitions import drafts, repository
from engine.definitions.app import CompiledApp
from engine.definitions.modules.schema import MODULE
from engine.definitions.pilot import read_group
from engine.definitions.publish import Prepared, Published, plan, prepare
from engine.errors import Invalid
from engine.findings import Finding, error, has_errors, text
from engine.identity.designers import require_designer
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["definitions"])

BEGUN: dict[int | str, dict[str, Any]] = {
    202: {"description": "What is stored is being converted: follow the publishing"}
}
TEXTS = {"type": "array", "items": {"type": "string"}}
FORCED = body_of({"force": TEXTS}, writes=False)
WISHED = {"note": {"type": "string"}, "approve": TEXTS, "force": TEXTS}
GROUP = {"users": TEXTS, "departments": TEXTS, "roles": TEXTS}
PILOT = {"type": "object", "properties": GROUP, "additionalProperties": False}
DOCUMENT: dict[str, Any] = {
    "parameters": [IDEMPOTENCY],
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}
"""Of the shape that `/designer/schemas/{kind}` gives."""
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@router.get("/apps")
async def apps(request: Request) -> Response:
    """All published apps."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        narrow = work.principal.narrow
        keys = [key for key in work.runtime.app_keys(work) if narrow is None or narrow.reaches(key)]
        return [_about(work.app(key)) for key in keys]

    return page(await read(request, find))


@router.get("/apps/{app}")
async def one_app(request: Request, app: str) -> Response:
    """Settings, version, and the keys and labels of all objects, with the `module` that brings one."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        whole = {**found.composition.documents, MODULE: found.source.get(MODULE, {})}
        objects = {
            kind: [_object(found, kind, key, document) for key, document in sorted(each.items())]
            for kind, each in whole.items()
            if kind != "app" and each
        }
        return {**_about(found), "objects": objects}

    return answer(await read(request, find))


def _object(app: CompiledApp, kind: str, key: str, document: dict[str, Any]) -> dict[str, Any]:
    module = app.composition.module(kind, key)
    about = {"key": key, "label": document.get("label")}
    return about if module is None else {**about, "module": module}


def _about(app: CompiledApp) -> dict[str, Any]:
    return {**app.settings.model_dump(mode="json", exclude_none=True), "version": app.version}


@router.get("/apps/{app}/documents")
async def documents(request: Request, app: str) -> Response:
    """All published documents: `{"version", "documents": {kind: {key: document}}}`."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        found = work.app(app)
        return {"version": found.version, "documents": found.source}

    return answer(await read(request, find))


@router.get("/apps/{app}/documents/{kind}/{key}")
async def document(request: Request, app: str, kind: str, key: str) -> Response:
    """One published document."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        known, kinds = drafts.known_kind(work, kind), drafts.all_kinds(work)
        return drafts.document_of(work.app(app).source, kinds, known, key)

    return answer(await read(request, find))


@router.get("/apps/{app}/draft")
async def draft(request: Request, app: str) -> Response:
    """What the draft changes; `document: null` marks a removal."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        return repository.drafts(work.connection, app)

    return page(await read(request, find))


@router.get("/apps/{app}/draft/{kind}/{key}")
async def drafted_document(request: Request, app: str, kind: str, key: str) -> Response:
    """One document as drafted, or as published when the draft does not touch it."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return drafts.get_document(work, app, kind, key)

    return answer(await read(request, find))


@router.put("/apps/{app}/draft/{kind}/{key}", openapi_extra=DOCUMENT)
async def put_document(request: Request, app: str, kind: str, key: str) -> Response:
    """Draft a document. It may be incomplete: `draft:check` says what is missing."""
    query(request)
    body = await json_object(request)
    _check_keys(app, key)

    def put(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        drafts.put_document(work, app, kind, key, body)
        return drafts.get_document(work, app, kind, key)

    return answer(await write(request, put))


def _check_keys(*keys: str) -> None:
    for key in keys:
        if not KEY.fullmatch(key):
            raise Invalid(
                [
                    error(
                        "invalid_key",
                        "/key",
                        text(f"“{key}”不能作为键。", f"'{key}' cannot be a key."),
                        text(
                            "以小写字母开头，只含小写字母、数字和下划线，最多 40 个字符。",
                            "Begin with a lower-case letter; use a-z, 0-9 and _, at most 40 characters.",
                        ),
                    )
                ]
            )


@router.delete("/apps/{app}/draft/{kind}/{key}", status_code=204)
async def remove_document(request: Request, app: str, kind: str, key: str) -> Response:
    """Draft the removal of a document."""
    query(request)

    def remove(work: UnitOfWork) -> None:
        require_designer(work, app)
        drafts.remove_document(work, app, kind, key)

    await write(request, remove)
    return nothing()


@router.post("/apps/{app}/draft:check", openapi_extra=FORCED)
async def check_draft(request: Request, app: str) -> Response:
    """`{"force"?}` → `{"ok", "findings"}` of the app as it would be published."""
    query(request)
    asked = await json_object(request, allowed=("force",))
    version, findings, _ = await read(request, lambda work: _planned(work, app, asked))
    return answer({"ok": version is not None, "findings": _as_json(findings)})


@router.post("/apps/{app}/draft:plan", openapi_extra=FORCED)
async def plan_draft(request: Request, app: str) -> Response:
    """`{"force"?}` → `{"ok", "version", "findings", "steps"}`: what publishing would do; nothing is changed."""
    query(request)
    asked = await json_object(request, allowed=("force",))
    version, findings, steps = await read(request, lambda work: _planned(work, app, asked))
    return answer(
        {
            "ok": version is not None,
            "version": version,
            "findings": _as_json(findings),
            "steps": [step.as_json() for step in steps],
        }
    )


def _planned(
    work: UnitOfWork, app: str, asked: dict[str, Any]
) -> tuple[int | None, list[Finding], list[Any]]:
    require_designer(work, app)
    after, findings, steps = plan(work, drafts.drafted(work, app), force=texts(asked, "force"))
    publishable = after is not None and not has_errors(findings)
    return (after.version if after is not None and publishable else None), findings, steps


@router.post("/apps/{app}/draft:publish", responses=BEGUN, openapi_extra=body_of({**WISHED, "pilot": PILOT}))
async def publish_draft(request: Request, app: str) -> Response:
    """`{"note"?, "approve"?, "force"?, "pilot"?}` → `{"app", "version", "changed", "findings", "steps"}`; 422 with
    every error. `approve` and `force` are pointers of the plan's destructive steps and of removals that break
    something; `pilot` names who tries the version first: `{"users"?, "departments"?, "roles"?}`. 202 with a `job`
    when what is stored must be converted first: see `/apps/{app}/publishing/{job}`.
    """
    query(request)
    body = await json_object(request, allowed=("note", "approve", "force", "pilot"))
    wish = _wish(body)

    def look(work: UnitOfWork) -> Prepared:
        require_designer(work, app)
        return prepare(work, drafts.drafted(work, app), force=wish.force)

    prepared = await read(request, look)

    def publish(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return published_json(drafts.publish_draft(work, app, wish, prepared=prepared))

    done = await write(request, publish, source="designer")
    return answer(done, 202 if "job" in done else 200)


def _wish(body: dict[str, Any]) -> drafts.Wish:
    pilot = body.get("pilot")
    return drafts.Wish(
        note=body.get("note"),
        approve=texts(body, "approve"),
        force=texts(body, "force"),
        pilot=read_group(pilot) if pilot is not None else None,
    )


@router.post(
    "/apps/{app}/draft:discard",
    status_code=204,
    openapi_extra=body_of({"kind": {"type": "string"}, "key": {"type": "string"}}),
)
async def discard_draft(request: Request, app: str) -> Response:
    """Forget the draft, or with `{"kind", "key"}` what it says of one document."""
    query(request)
    body = await json_object(request, allowed=("kind", "key"))
    one = (required_text(body, "kind"), required_text(body, "key")) if body else (None, None)

    def discard(work: UnitOfWork) -> None:
        require_designer(work, app)
        drafts.discard(work, app, *one)

    await write(request, discard, source="designer")
    return nothing()


@router.get("/apps/{app}/versions")
async def versions(request: Request, app: str) -> Response:
    """All published versions, the newest first."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        work.app(app)
        return repository.versions(work.connection, app)

    return page(await read(request, find))


@router.post("/apps/{app}/versions/{version}:restore", responses=BEGUN, openapi_extra=body_of(WISHED))
async def restore_version(request: Request, app: str, version: int) -> Response:
    """`{"note"?, "approve"?, "force"?}`: publish an earlier version again, as a new one."""
    query(request)
    wish = _wish(await json_object(request, allowed=("note", "approve", "force")))

    def look(work: UnitOfWork) -> Prepared:
        require_designer(work, app)
        return prepare(work, drafts.earlier(work, app, version), force=wish.force)

    prepared = await read(request, look)

    def restore(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return published_json(drafts.restore_version(work, app, version, wish, prepared=prepared))

    done = await write(request, restore, source="designer")
    return answer(done, 202 if "job" in done else 200)


def published_json(done: Published) -> dict[str, Any]:
    """What publishing did, as it leaves."""
    return {
        "app": done.app,
        "version": done.version,
        "changed": done.changed,
        "findings": _as_json(done.findings),
        "steps": [step.as_json() for step in done.steps],
        **({"job": done.job} if done.job is not None else {}),
    }


def _as_json(findings: Any) -> list[dict[str, Any]]:
    return [each.as_json() for each in findings]


@router.get("/designer/schemas")
async def schemas(request: Request) -> Response:
    """The kinds of definition documents."""
    query(request)
    edge = edge_of(request)
    await edge.principal_of(request)
    return page(sorted(edge.schemas))


@router.get("/designer/schemas/{kind}")
async def schema(request: Request, kind: str) -> Response:
    """The JSON Schema of one kind."""
    query(request)
    edge = edge_of(request)
    await edge.principal_of(request)
    found = edge.schemas.get(kind)
    if found is None:
        raise drafts.KindNotFound()
    return answer(found)
