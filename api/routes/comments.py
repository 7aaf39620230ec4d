"""What people say about a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing
from api.body import json_object, number, query, required_text
from api.described import body_of, query_of
from api.edge import read, write
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.comments import service
from forms.compiled import Form, compiled_form

router = APIRouter(tags=["comments"])
COMMENTS = "/apps/{app}/forms/{form}/records/{record}/comments"
MENTIONS = {"type": "array", "items": {"type": "string"}}
Step = Callable[[UnitOfWork, CompiledApp, Form], Any]


def _at(app: str, form: str, step: Step) -> Callable[[UnitOfWork], Any]:
    def run(work: UnitOfWork) -> Any:
        found = work.app(app)
        return step(work, found, compiled_form(found, form))

    return run


@router.get(COMMENTS, openapi_extra=query_of(after="The `next` of the page before.", limit="At most 200."))
async def list_comments(request: Request, app: str, form: str, record: str) -> Response:
    """The comments of a record, the oldest first."""
    asked = query(request, "after", "limit")
    limit = number(asked, "limit", default=50, least=1, most=200)

    def step(work: UnitOfWork, found: CompiledApp, where: Form) -> Any:
        return service.list_json(work, found, where, record, after=asked.get("after"), limit=limit)

    return answer(await read(request, _at(app, form, step)))


@router.post(
    COMMENTS,
    status_code=201,
    openapi_extra=body_of(
        {"body": {"type": "string"}, "mentions": MENTIONS, "answers": {"type": "string"}}, "body"
    ),
)
async def add_comment(request: Request, app: str, form: str, record: str) -> Response:
    """Comment on a record. `mentions` are ids of users; they are told. `answers` is another comment's id."""
    query(request)
    body = await json_object(request, allowed=("body", "mentions", "answers"))
    said, mentions, answers = required_text(body, "body"), _mentions(body), body.get("answers")
    if answers is not None and not isinstance(answers, str):
        raise Invalid([error("wrong_type", "/answers", text("应为文本。", "A text is expected."))])

    def step(work: UnitOfWork, found: CompiledApp, where: Form) -> Any:
        return service.add(work, found, where, record, body=said, mentions=mentions, answers=answers)

    made = await write(request, _at(app, form, step))
    return created(made, f"{request.url.path}/{made['id']}")


@router.patch(
    COMMENTS + "/{comment}", openapi_extra=body_of({"body": {"type": "string"}, "mentions": MENTIONS}, "body")
)
async def edit_comment(request: Request, app: str, form: str, record: str, comment: str) -> Response:
    """Change a comment of your own."""
    query(request)
    body = await json_object(request, allowed=("body", "mentions"))
    said, mentions = required_text(body, "body"), _mentions(body)

    def step(work: UnitOfWork, found: CompiledApp, where: Form) -> Any:
        return service.edit(work, found, where, record, comment, body=said, mentions=mentions)

    return answer(await write(request, _at(app, form, step)))


@router.delete(COMMENTS + "/{comment}", status_code=204)
async def remove_comment(request: Request, app: str, form: str, record: str, comment: str) -> Response:
    """Take a comment back; its place stays. Administrators may remove any."""
    query(request)

    def step(work: UnitOfWork, found: CompiledApp, where: Form) -> None:
        service.remove(work, found, where, record, comment)

    await write(request, _at(app, form, step))
    return nothing()


def _mentions(body: dict[str, Any]) -> list[str]:
    raw = body.get("mentions") or []
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return raw
    message = text("应为用户标识的列表。", "A list of user ids is expected.")
    raise Invalid([error("wrong_type", "/mentions", message)])
