"""Submitting records, deciding tasks, and where flows stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import flag, json_object, number, query, required_text
from api.described import body_of, query_of
from api.edge import edge_of, read, write
from engine.errors import EngineError, Invalid
from engine.findings import error, text
from engine.identity.principal import Principal
from engine.storage.unit_of_work import UnitOfWork
from flows import boxes, decisions, interventions, preview, submission, views
from flows.diagram import diagram
from flows.drive import Drive
from flows.state import Choice
from flows.versions import pinned_flow

router = APIRouter(tags=["flows"])
LONGEST_COMMENT = 4000
COMMENT = {"type": "string", "maxLength": LONGEST_COMMENT}
DECISION = body_of({"comment": COMMENT, "values": {"type": "object"}})
HANDED_ON = {"to": {"type": "string", "maxLength": 40}, "comment": COMMENT}


@router.post(
    "/apps/{app}/forms/{form}/records/{record}:submit",
    openapi_extra=body_of(
        {"flow": {"type": "string", "maxLength": 40}},
        query={"preview": "true: say who would be asked, keep nothing."},
    ),
)
async def submit_record(request: Request, app: str, form: str, record: str) -> Response:
    """Start the flow of a record, or go on with a returned one: `{"flow": key}` names one of several.

    With `?preview=true` nothing is kept: the answer says who would be asked, and why.
    """
    trial = flag(query(request, "preview"), "preview")
    body = await json_object(request, allowed=("flow",))
    flow = _text_of(body, "flow", 40)

    def begin(work: UnitOfWork) -> Drive:
        return submission.submit(work, app, form, record, flow=flow)

    def run(work: UnitOfWork) -> dict[str, Any]:
        if trial:
            return preview.walk(work, lambda: begin(work))
        return views.instance_json(work, begin(work).instance)

    return answer(await write(request, run))


@router.get(
    "/tasks",
    openapi_extra=query_of(
        box="inbox, done, started or cc.", cursor="The `next` of the page before.", limit="At most so many."
    ),
)
async def tasks(request: Request) -> Response:
    """My tasks over all apps, the newest first: `?box=inbox|done|started|cc&cursor=&limit=`."""
    asked = query(request, "box", "cursor", "limit")
    limit = number(asked, "limit", default=50, least=1, most=200)
    box = asked.get("box", "inbox")
    return answer(
        await read(request, lambda work: boxes.list_box(work, box, cursor=asked.get("cursor"), limit=limit))
    )


@router.get("/tasks/{task}")
async def one_task(request: Request, task: str) -> Response:
    """One task of mine: who takes part, what may be written, where it may be returned to."""
    query(request)
    return answer(await read(request, lambda work: views.task_view(work, task)))


@router.post("/tasks/{task}:approve", openapi_extra=DECISION)
async def approve(request: Request, task: str) -> Response:
    """`{"comment", "values"}`; `values` are the fields that the task opens."""
    query(request)
    return await _decide(request, task, "approve")


@router.post("/tasks/{task}:reject", openapi_extra=DECISION)
async def reject(request: Request, task: str) -> Response:
    """`{"comment", "values"}`; the comment is required unless the node says otherwise."""
    query(request)
    return await _decide(request, task, "reject")


@router.post("/tasks/{task}:return", openapi_extra=body_of(HANDED_ON))
async def return_task(request: Request, task: str) -> Response:
    """`{"to", "comment"}`; `to` is an approval passed before, "previous" or "start" (default)."""
    query(request)
    body = await json_object(request, allowed=("to", "comment"))
    comment, to = _comment(body), _text_of(body, "to", 40) or "start"
    return await _act(request, task, lambda work: decisions.send_back(work, task, to=to, comment=comment))


@router.post("/tasks/{task}:transfer", openapi_extra=body_of(HANDED_ON, "to"))
async def transfer(request: Request, task: str) -> Response:
    """`{"to", "comment"}`; administrators may hand over anybody's task and assign vacant ones."""
    query(request)
    body = await json_object(request, allowed=("to", "comment"))
    comment, to = _comment(body), required_text(body, "to")
    return await _act(request, task, lambda work: decisions.transfer(work, task, to=to, comment=comment))


@router.get("/instances/{instance}")
async def one_instance(request: Request, instance: str) -> Response:
    """Where an instance stands, with whom, since when."""
    query(request)
    return answer(await read(request, lambda work: views.instance_view(work, instance)))


@router.get("/instances/{instance}/timeline")
async def timeline(request: Request, instance: str) -> Response:
    """Everything that happened, in order."""
    query(request)
    items = await read(request, lambda work: views.timeline(work, instance))
    return answer({"items": items, "next": None})


@router.get("/instances/{instance}/diagram.svg")
async def picture(request: Request, instance: str) -> Response:
    """The graph with the path taken, as SVG; `?lang=zh|en`."""
    asked = query(request, "lang").get("lang")

    def draw(work: UnitOfWork) -> str:
        kept = views.visible_instance(work, instance)
        english = (asked or work.principal.locale) == "en"
        return diagram(pinned_flow(work, kept), kept.state, locale="en" if english else "zh")

    svg = await read(request, draw)
    return Response(svg, media_type="image/svg+xml", headers={"cache-control": "no-store"})


@router.post("/instances/{instance}:withdraw", openapi_extra=body_of({"comment": COMMENT}))
async def withdraw(request: Request, instance: str) -> Response:
    """The submitter takes the record back, before the first decision; `{"comment"}`."""
    query(request)
    return await _stop(request, instance, interventions.withdraw)


@router.post("/instances/{instance}:cancel", openapi_extra=body_of({"comment": COMMENT}))
async def cancel(request: Request, instance: str) -> Response:
    """An administrator stops the instance; `{"comment"}`."""
    query(request)
    return await _stop(request, instance, interventions.cancel)


async def _stop(request: Request, instance: str, command: Callable[..., Drive]) -> Response:
    comment = _comment(await json_object(request, allowed=("comment",)))

    def run(work: UnitOfWork) -> dict[str, Any]:
        return views.instance_json(work, command(work, instance, comment=comment).instance)

    return answer(await write(request, run))


async def _decide(request: Request, task: str, choice: Choice) -> Response:
    body = await json_object(request, allowed=("comment", "values"))
    comment, values = _comment(body), body.get("values")
    return await _act(
        request, task, lambda work: decisions.decide(work, task, choice, comment=comment, values=values)
    )


async def _act(request: Request, task: str, command: Callable[[UnitOfWork], Drive]) -> Response:
    """Run one command on a task. What an action of the flow raises is shown at the node from then on."""

    def run(work: UnitOfWork) -> dict[str, Any]:
        command(work)
        return views.task_view(work, task)

    try:
        return answer(await write(request, run))
    except EngineError as failure:
        if "node" in failure.details and "action" in failure.details:
            await _note(request, task, failure)
        raise


async def _note(request: Request, task: str, failure: EngineError) -> None:
    edge = edge_of(request)
    principal: Principal = await edge.principal_of(request)
    await edge.write_as(principal, lambda work: decisions.note_failure(work, task, failure))


def _comment(body: dict[str, Any]) -> str | None:
    return _text_of(body, "comment", LONGEST_COMMENT)


def _text_of(body: dict[str, Any], key: str, longest: int) -> str | None:
    value = body.get(key)
    if value is None or (isinstance(value, str) and len(value) <= longest):
        return value
    message = text(f"应为不超过 {longest} 字的文本。", f"A text of at most {longest} characters is expected.")
    raise Invalid([error("wrong_type", f"/{key}", message)])
