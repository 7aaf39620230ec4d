"""JSON answers: UTC moments end in Z, keys are text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

OPTIONS = orjson.OPT_UTC_Z
MEDIA_TYPE = "application/json"


def dumps(value: Any) -> bytes:
    """JSON as it leaves. Keys that are column names of SQLAlchemy are text too."""
    try:
        return orjson.dumps(value, option=OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(value, option=OPTIONS | orjson.OPT_NON_STR_KEYS)


def answer(value: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as the body of a response; bytes are JSON already."""
    body = value if isinstance(value, bytes) else dumps(value)
    return Response(body, status, headers, MEDIA_TYPE)


def created(value: Any, location: str) -> Response:
    """201 with the address of what was made."""
    return answer(value, 201, headers={"location": location})


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def page(items: list[Any], *, next_cursor: str | None = None, **more: Any) -> Response:
    """A list answer."""
    return answer({"items": items, "next": next_cursor, **more})
