"""The designer's API: what uses what, what differs, what is off, and steps that change many documents."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import flag, json_object, number, query
from api.described import model_body, query_of
from api.edge import read, write
from api.routes.definitions import published_json
from engine.definitions import drafts, pilot, publish
from engine.definitions.abroad import uses_elsewhere
from engine.definitions.dependencies import uses, uses_of_removed
from engine.definitions.guided import steps
from engine.definitions.modules.compose import composed
from engine.definitions.modules.written import own_pointer
from engine.definitions.neighbours import beside
from engine.definitions.pointers import folders, spot_of
from engine.errors import Invalid
from engine.findings import error, text
from engine.identity.designers import require_designer
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["definitions"])

LAST_VERSION = 2**31 - 1
DRAFT = query_of(draft="true: the draft instead of the published version.")


@router.get("/apps/{app}/draft/uses")
async def used_by(request: Request, app: str) -> Response:
    """What uses the part of the draft that `of` points to: `/forms/customer/fields/short_name`, `/roles/clerk`.

    A part that the draft removes is looked up in the published version: what still uses it.
    """
    of = query(request, "of").get("of", "")
    if not of:
        message = text("请用 of 指明查什么。", "Say with `of` what to look for.")
        raise Invalid([error("required", "/of", message)])

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        documents = drafts.drafted(work, app)
        registries = beside(work, documents)
        head = work.runtime.head(work, app)
        kinds = drafts.all_kinds(work)
        written = own_pointer(documents, of, kinds)
        if head is not None and _gone(documents, folders(kinds), written):
            found = uses_of_removed(documents, head.source, own_pointer(head.source, of, kinds), registries)
        else:
            found = [*uses(documents, written, registries), *uses_elsewhere(work, app, documents, written)]
        return [part.as_json() for part in found]

    return page(await read(request, find))


@router.get("/apps/{app}/composed", openapi_extra=DRAFT)
async def composed_documents(request: Request, app: str) -> Response:
    """`{"version", "documents", "parts": [{"pointer", "module", "written"}], "findings"}`: the documents as they
    work together, with what modules bring and where that is written. `draft=true`: as they would be published,
    `version` is null and `findings` say what of the modules does not fit.
    """
    drafted = flag(query(request, "draft"), "draft")

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        found = None if drafted else work.app(app)
        composition = (
            composed(drafts.drafted(work, app), drafts.all_kinds(work))
            if found is None
            else found.composition
        )
        return {
            "version": None if found is None else found.version,
            **composition.as_json(),
            "findings": [each.as_json() for each in composition.findings],
        }

    return answer(await read(request, find))


def _gone(documents: Any, known: Any, pointer: str) -> bool:
    spot = spot_of(documents, known, pointer)
    return spot is None or len(spot.path) < pointer.count("/") - (1 if pointer.startswith("/app/") else 2)


@router.get("/apps/{app}/draft:diff")
async def draft_difference(request: Request, app: str) -> Response:
    """What the draft changes: documents with pointers, before and after, who drafted them and when."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        return drafts.difference(work, app)

    return page(await read(request, find))


@router.post("/apps/{app}/draft:guide", openapi_extra=model_body(steps.Step))
async def guided_step(request: Request, app: str) -> Response:
    """`{"step": "rename", "of", "to"}`, `{"step": "archive_option", "of"}`, `{"step": "map_option", "of", "to"}`,
    `{"step": "move_to_child", "form", "fields", "child", "label"?}` on the draft → `{"changed": [documents with
    their differences]}`.
    """
    query(request)
    asked = await json_object(request)

    def look(work: UnitOfWork) -> steps.Guided:
        require_designer(work, app)
        return steps.guide(work, app, asked)

    guided = await read(request, look)

    def store(work: UnitOfWork) -> None:
        require_designer(work, app)
        steps.store(work, app, guided)

    await write(request, store, source="designer")
    return answer({"changed": [each.as_json() for each in guided.changed]})


@router.get("/apps/{app}/versions/{version}:compare")
async def compare_versions(request: Request, app: str, version: int) -> Response:
    """What changed from this version to version `to`: documents with pointers, before and after."""
    to = number(query(request, "to"), "to", default=0, least=1, most=LAST_VERSION)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        return drafts.versions_differ(work, app, version, to)

    return page(await read(request, find))


@router.get("/apps/{app}/broken")
async def broken_parts(request: Request, app: str) -> Response:
    """What of the published version is switched off because something that it names was removed."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        return [part.as_json() for part in work.app(app).broken]

    return page(await read(request, find))


@router.get("/apps/{app}/pilot")
async def pilot_group(request: Request, app: str) -> Response:
    """The version that some people try, who they are and since when; 404 when there is none."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return pilot.about(work, app)

    return answer(await read(request, find))


@router.post("/apps/{app}/pilot:promote")
async def promote_pilot(request: Request, app: str) -> Response:
    """Everybody gets the version that the group tries."""
    query(request)

    def end(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return published_json(publish.promote(work, app))

    return answer(await write(request, end, source="designer"))


@router.post("/apps/{app}/pilot:withdraw")
async def withdraw_pilot(request: Request, app: str) -> Response:
    """The group goes back to what all others work with; what its new fields hold is parked."""
    query(request)

    def end(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return published_json(publish.withdraw(work, app))

    return answer(await write(request, end, source="designer"))
