"""The OpenAPI document: what FastAPI knows, and the record routes that are described by hand."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.routes.records import ROUTES

DESCRIPTION = """
无代码应用引擎的接口。先 `POST /api/v1/auth/login`，再带上 `Authorization: Bearer <token>`。

The API of the no-code app engine. Log in at `POST /api/v1/auth/login`, then send
`Authorization: Bearer <token>`. Errors are `application/problem+json` with a `code`, a JSON `pointer` and
`message`/`fix` in Chinese and English. `Idempotency-Key` is accepted on every write.
"""

PARAMETERS: dict[str, tuple[str, str, str]] = {
    "filter": (
        "query",
        "string",
        'Expression or JSON condition: `amount >= 50000` or `{"amount": {"gte": 50000}}`.',
    ),
    "sort": ("query", "string", "`-amount,name`; a minus sorts downwards."),
    "fields": ("query", "string", "`name,customer.name`; references with a path become objects."),
    "limit": ("query", "integer", "At most so many items."),
    "cursor": ("query", "string", "The `next` of the page before."),
    "count": ("query", "string", "`exact`, `estimated` or `none`."),
    "dry_run": ("query", "boolean", "Check and answer as if, keep nothing."),
    "before": ("query", "integer", "Continue below this change."),
    "If-Match": ("header", "string", "The ETag you read; another revision answers 412."),
    "Idempotency-Key": ("header", "string", "The same key and request again get the same answer, done once."),
}

SUMMARIES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "form_schema": ("JSON Schema of a record", (), "Object"),
    "query_records": ("List records, parameters in the body", (), "List"),
    "list_records": ("List records", ("filter", "sort", "fields", "limit", "cursor", "count"), "List"),
    "create_record": ("Create a record with its child rows", ("dry_run", "Idempotency-Key"), "Record"),
    "record_history": ("The changes of a record, newest first", ("before", "limit"), "List"),
    "get_record": ("One record", ("fields",), "Record"),
    "update_record": ("Change a record", ("dry_run", "If-Match", "Idempotency-Key"), "Record"),
    "delete_record": ("Move a record to the recycle bin", ("If-Match", "Idempotency-Key"), ""),
}

FORM, RECORD = "/apps/{app}/forms/{form}", "/apps/{app}/forms/{form}/records/{record}"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES: dict[str, tuple[str, ...]] = {
    "/events": ("text/event-stream",),
    "/uploads/{file}/content": ("*/*",),
    RECORD + "/files/{file}": ("*/*",),
    RECORD + "/print/{template}": ("text/html", "application/pdf"),
    FORM + "/imports/{transfer}/errors": ("application/json", XLSX),
    FORM + "/import-template": (XLSX,),
    FORM + "/exports/{transfer}/file": ("text/csv", XLSX),
    "/apps/{app}/files": ("application/zip",),
    "/apps/{app}/reports/{report}/export.csv": ("text/csv",),
    "/instances/{instance}/diagram.svg": ("image/svg+xml",),
    FORM + "/records:print": ("text/html", "application/pdf"),
    "/apps/{app}/draft/print_template/{template}:preview": ("text/html", "application/pdf"),
}
"""What is answered that is not JSON, or not always."""

SCHEMAS: dict[str, Any] = {
    "Object": {"type": "object"},
    "Record": {
        "type": "object",
        "description": "A flat object of the form's fields; decimals are strings, references are ids.",
        "properties": {"id": {"type": "string"}, "rev": {"type": "integer"}},
        "additionalProperties": True,
    },
    "List": {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next": {"type": ["string", "null"]},
            "count": {"type": ["integer", "null"]},
        },
    },
    "Problem": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "message": {"$ref": "#/components/schemas/Sentence"},
            "pointer": {"type": "string"},
            "fix": {"$ref": "#/components/schemas/Sentence"},
            "errors": {"type": "array", "items": {"type": "object"}},
            "errors_in_all": {"type": "integer"},
            "request_id": {"type": "string"},
        },
    },
    "Sentence": {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}},
}


def describe(app: FastAPI, prefix: str) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, routes=app.routes, description=DESCRIPTION
        )
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(SCHEMAS)
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for method, path, endpoint in ROUTES:
            document["paths"].setdefault(prefix + path, {})[method.lower()] = _operation(
                path, endpoint.__name__
            )
        _say_what_comes(document, prefix)
        app.openapi_schema = document
    return app.openapi_schema


def _say_what_comes(document: dict[str, Any], prefix: str) -> None:
    """Every address may answer a problem document, and none the framework's own errors; files are no JSON."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _problem()
        types = FILES.get(path.removeprefix(prefix))
        if types is not None:
            content: dict[str, Any] = {each: {"schema": {}} for each in types}
            for operation in operations.values():
                operation["responses"]["200"] = {"description": "Done", "content": content}
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _operation(path: str, name: str) -> dict[str, Any]:
    summary, parameters, answered = SUMMARIES[name]
    places = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
        for part in re.findall(r"{(\w+)}", path)
    ]
    operation: dict[str, Any] = {
        "tags": ["records"],
        "operationId": name,
        "summary": summary,
        "parameters": places + [_parameter(each) for each in parameters],
        "responses": {_status(name): _response(answered)},
    }
    if name == "create_record":
        operation["responses"]["200"] = {**_response(answered), "description": "The dry run went well"}
    if name in {"create_record", "update_record", "query_records"}:
        schema = {"$ref": "#/components/schemas/Record"} if name != "query_records" else {"type": "object"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    place, kind, description = PARAMETERS[name]
    return {"name": name, "in": place, "schema": {"type": kind}, "description": description}


def _status(name: str) -> str:
    return {"create_record": "201", "delete_record": "204"}.get(name, "200")


def _response(schema: str) -> dict[str, Any]:
    if not schema:
        return {"description": "Done"}
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": "Done", "content": content}


def _problem() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "What went wrong", "content": content}
