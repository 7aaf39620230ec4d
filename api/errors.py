"""Domain errors as problem documents. Only this module knows which code is which HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.problems import BadRequest, MethodNotAllowed, RouteNotFound, Unexpected
from engine.errors import MOST_TOLD, EngineError, Invalid
from engine.findings import Finding, Text, advised, error, text

log = structlog.get_logger("fourfold.api")

STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "wrong_credentials": 401,
    "not_authenticated": 401,
    "forbidden": 403,
    "reset_link_not_valid": 410,
    "outside_login_failed": 401,
    "provider_unreachable": 502,
    "not_writable_in_task": 403,
    "not_found": 404,
    "route_not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "precondition_failed": 412,
    "body_too_large": 413,
    "file_too_large": 413,
    "range_not_satisfiable": 416,
    "invalid": 422,
    "unsupported_encoding": 415,
    "number_too_long": 422,
    "nul_character": 422,
    "unknown_parameter": 422,
    "weak_password": 422,
    "last_administrator": 409,
    "cascade_too_deep": 422,
    "record_locked": 423,
    "too_many_attempts": 429,
    "link_closed": 410,
    "too_many_entries": 429,
    "too_many_tests": 429,
    "internal_error": 500,
    "report_failed": 500,
    "keys_missing": 500,
    "key_unknown": 500,
    "seal_broken": 500,
    "report_timeout": 504,
    "commit_unknown": 503,
    "try_again": 503,
    "access_log_full": 503,
}
"""By code. A class without a line of its own takes the status of the class it refines."""

OTHERWISE = 422
MEDIA_TYPE = "application/problem+json"


def status_of(failure: EngineError) -> int:
    """The HTTP status of a domain error."""
    for cls in type(failure).__mro__:
        status = STATUS.get(str(cls.__dict__.get("code")))
        if status is not None:
            return status
    return OTHERWISE


def problem(
    failure: EngineError, *, locale: str = "zh", request_id: str = "", most: int = MOST_TOLD
) -> dict[str, Any]:
    """The problem document (RFC 9457) of a domain error. It tells the first `most` findings; where there are more,
    `errors_in_all` and the last sentence say how many.
    """
    status = status_of(failure)
    findings = failure.findings[:most] if isinstance(failure, Invalid) else ()
    in_all = len(failure.findings) + failure.further if isinstance(failure, Invalid) else 0
    more = in_all > len(findings)
    message = _counted(failure.message, in_all, len(findings)) if more else failure.message
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": failure.code,
        "detail": cast("Mapping[str, str]", message)[locale],
        "message": dict(message),
        "pointer": failure.pointer,
        "fix": dict(advised(failure.code, failure.fix)),
        "errors": [each.as_json() for each in findings],
        **({"errors_in_all": in_all} if more else {}),
        **({"details": failure.details} if failure.details else {}),
        **({"request_id": request_id} if request_id else {}),
    }


def _counted(message: Text, in_all: int, told: int) -> Text:
    """A message with how many errors there are, of which `told` are in the answer."""
    return text(
        f"{message['zh']}共有 {in_all} 处错误，此处列出前 {told} 处。",
        f"{message['en']} There are {in_all} errors; the first {told} are told here.",
    )


def problem_response(failure: EngineError, request: Request) -> Response:
    """The answer to a request that failed."""
    status = status_of(failure)
    body = problem(failure, locale=language(request), request_id=request_id(request))
    headers = {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if status in {429, 503}:
        headers["retry-after"] = str(failure.details.get("retry_after", 1))
    return Response(orjson.dumps(body, default=str), status, headers, MEDIA_TYPE)


def language(request: Request) -> str:
    """`en` when the client asks for English first, else `zh`."""
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def request_id(request: Request) -> str:
    """The id of this request, given by the client or made by the guard."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def on_domain_error(request: Request, failure: Exception) -> Response:
    return problem_response(cast("EngineError", failure), request)


async def on_http_error(request: Request, failure: Exception) -> Response:
    """404 and 405 of the router, and what the framework itself refuses."""
    raised = cast("HTTPException", failure)
    kinds: dict[int, type[EngineError]] = {404: RouteNotFound, 405: MethodNotAllowed}
    response = problem_response(kinds.get(raised.status_code, BadRequest)(), request)
    for name, value in (raised.headers or {}).items():
        response.headers[name] = value
    return response


async def on_framework_validation(request: Request, failure: Exception) -> Response:
    """Path and query parameters that FastAPI refused."""
    refused = cast("RequestValidationError", failure)
    return problem_response(Invalid([_parameter_finding(each) for each in refused.errors()]), request)


def _parameter_finding(refused: Mapping[str, Any]) -> Finding:
    pointer = "".join(f"/{part}" for part in refused["loc"])
    return error("invalid_parameter", pointer, text(f"参数不正确：{refused['msg']}", str(refused["msg"])))


async def on_surprise(request: Request, failure: Exception) -> Response:
    response = surprise_response(failure, request)
    # the failure goes on to the server, which closes the connection: a client that knows asks on another one
    response.headers["connection"] = "close"
    return response


def surprise_response(failure: Exception, request: Request) -> Response:
    """Log what nobody foresaw; the client learns only the request id."""
    log.error("unexpected error", request_id=request_id(request), path=request.url.path, exc_info=failure)
    return problem_response(Unexpected(), request)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(EngineError, on_domain_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_framework_validation)
    app.add_exception_handler(Exception, on_surprise)
