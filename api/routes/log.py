"""The operation log: searched by administrators and by auditors of an app. Nothing here changes it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import number, query
from api.edge import read
from engine.changes.streams import DONE
from engine.changes.wanted import Wanted
from engine.errors import Invalid
from engine.findings import error, text
from forms.log_entries import log_json, reads_json
from forms.values import Problem, read_moment

router = APIRouter(tags=["log"])

EQUAL = (
    "actor",
    "app",
    "form",
    "record",
    "subject",
    "action",
    "source",
    "batch",
    "request_id",
    "address",
)
READ_EQUAL = ("actor", "app", "form", "record", "field", "action", "request_id", "address")
NAMES = {name: "request" if name == "request_id" else name for name in (*EQUAL, *READ_EQUAL)}
KINDS = tuple(stream.name for stream in DONE)


@router.get("/log")
async def operation_log(request: Request) -> Response:
    """What was done, the newest first: `?actor=&app=&form=&record=&subject=&action=&source=&batch=&request_id=
    &address=&from=&to=&text=&kind=change|operation&limit=&after=`. `after` is the `next` of the page before.

    A page may hold fewer rows than `limit` while `next` still leads on.
    """
    asked = query(request, *EQUAL, "from", "to", "text", "kind", "limit", "after")
    limit = number(asked, "limit", default=50, least=1, most=500)
    wanted = _wanted(asked)
    return answer(
        await read(request, lambda work: log_json(work, wanted, limit=limit, cursor=asked.get("after")))
    )


@router.get("/log/reads")
async def access_log(request: Request) -> Response:
    """Who was shown the whole value of a marked field, the newest first: `?actor=&app=&form=&record=&field=
    &action=&request_id=&address=&from=&to=&limit=&after=`. `action` is how: api, history, export, print …
    """
    asked = query(request, *READ_EQUAL, "from", "to", "limit", "after")
    limit = number(asked, "limit", default=50, least=1, most=500)
    wanted = _wanted(asked)
    return answer(
        await read(request, lambda work: reads_json(work, wanted, limit=limit, cursor=asked.get("after")))
    )


def _wanted(asked: dict[str, str]) -> Wanted:
    kind = asked.get("kind")
    if kind is not None and kind not in KINDS:
        raise _refused("kind", "应为 change 或 operation。", "change or operation is expected.")
    equal = {called: asked[name] for name, called in NAMES.items() if name in asked}
    return Wanted(
        equal,
        earliest=_moment(asked, "from"),
        latest=_moment(asked, "to"),
        text=asked.get("text"),
        stream=kind,
    )


def _moment(asked: dict[str, str], name: str) -> datetime | None:
    given = asked.get(name)
    if given is None:
        return None
    try:
        return read_moment(given, ZoneInfo("UTC"))
    except Problem:
        raise _refused(
            name,
            "应为日期时间，例如 2026-03-02T10:00:00Z。",
            "A moment is expected, such as 2026-03-02T10:00:00Z.",
        ) from None


def _refused(name: str, zh: str, en: str) -> Invalid:
    return Invalid([error("invalid_parameter", f"/{name}", text(zh, en))])
