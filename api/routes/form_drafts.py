"""New forms out of what people have already: an Excel sheet, a JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import flag, json_object, query, required_text
from api.described import body_of, parameters_of
from api.edge import edge_of, read
from api.receiving import received
from api.routes.definitions import KEY
from engine.definitions import drafts
from engine.definitions.app import Label
from engine.definitions.check import read_model
from engine.errors import Invalid
from engine.findings import Finding, Text, error, text
from engine.identity.designers import require_designer
from engine.storage.unit_of_work import UnitOfWork
from forms.drafting.reading import read_sheet
from forms.drafting.service import from_json_schema, from_sheet, publish_and_load
from forms.drafting.sheet import DraftedForm

router = APIRouter(prefix="/apps/{app}/draft", tags=["definitions"])

ASKED = {
    "key": "Key of the new form.",
    "label": "What it is called; default: the name of the file.",
    "name": "Name of the file.",
    "sheet": "The sheet; default: the first one.",
    "load": "true: publish the form at once and import the rows.",
}


@router.post(
    "/forms:from_excel",
    responses={202: {"description": "Published, and loading: follow the transfer"}},
    openapi_extra={
        "parameters": parameters_of(ASKED),
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def draft_from_excel(request: Request, app: str) -> Response:
    """A form with a field for each column of an xlsx or csv file, the body: types, options and the title are
    told from the cells, keys are pinyin. `{"document", "columns", "remarks", "import"}`: the document is
    drafted, `import` are the options to import the same file once it is published. With `?load=true` both
    happens now: 202, with `version` and the `transfer` to follow.
    """
    asked = query(request, *ASKED)
    key, load = asked.get("key", ""), flag(asked, "load")
    _check_key(key)
    await read(request, lambda work: require_designer(work, app))
    edge = edge_of(request)
    async with received(request, edge.files, edge.runtime.settings) as path:
        sheet = await edge.files.run(lambda: read_sheet(edge.runtime, path, sheet=asked.get("sheet")))
        label = _label(asked.get("label") or Path(asked.get("name", "")).stem or key)
        made = await read(request, lambda work: from_sheet(work, app, sheet, key=key, label=label))

        def store(work: UnitOfWork) -> dict[str, Any]:
            require_designer(work, app)
            if not load:
                drafts.put_document(work, app, "form", key, made.document)
                return _drafted(made)
            name, sheet_name = asked.get("name") or f"{key}.xlsx", asked.get("sheet")
            loaded = publish_and_load(work, app, made, file=path, name=name, sheet=sheet_name)
            return {
                **_drafted(made),
                "version": loaded.published.version,
                "transfer": loaded.transfer.as_json(),
            }

        principal = await edge.principal_of(request)
        stored = await edge.write_as(principal, store)
    return answer(stored, 202 if load else 200)


@router.post(
    "/forms:from_json_schema",
    openapi_extra=body_of(
        {"key": {"type": "string"}, "label": {"type": "object"}, "schema": {"type": "object"}},
        "key",
        "schema",
        writes=False,
    ),
)
async def draft_from_json_schema(request: Request, app: str) -> Response:
    """A form with a field for each property of a JSON Schema: `{"document", "remarks"}`; it is drafted."""
    query(request)
    body = await json_object(request, allowed=("key", "label", "schema"))
    key, schema = required_text(body, "key"), body.get("schema")
    _check_key(key)
    if not isinstance(schema, dict):
        message = text("应为 JSON Schema 对象。", "A JSON Schema is expected.")
        raise Invalid([error("wrong_type", "/schema", message)])
    label = _named(body["label"]) if body.get("label") is not None else None
    await read(request, lambda work: require_designer(work, app))
    edge = edge_of(request)

    def store(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        document, remarks = from_json_schema(work, app, schema, key=key, label=label)
        drafts.put_document(work, app, "form", key, document)
        return {"document": document, "remarks": [each.as_json() for each in remarks]}

    principal = await edge.principal_of(request)
    return answer(await edge.write_as(principal, store))


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        message = text(f"“{key[:60]}”不能作为键。", f"'{key[:60]}' cannot be a key.")
        fix = text(
            "以小写字母开头，只含小写字母、数字和下划线，最多 40 个字符。",
            "Begin with a lower-case letter; use a-z, 0-9 and _, at most 40 characters.",
        )
        raise Invalid([error("invalid_key", "/key", message, fix)])


def _drafted(made: DraftedForm) -> dict[str, Any]:
    return {
        "document": made.document,
        "columns": [each.as_json() for each in made.columns],
        "rows": made.rows,
        "remarks": [each.as_json() for each in made.remarks],
        "import": {"mode": "insert", "mapping": made.mapping},
    }


def _label(said: str) -> Text:
    return _named({"zh": said, "en": said})


def _named(raw: Any) -> Text:
    findings: list[Finding] = []
    found = read_model(Label, raw, "/label", findings)
    if not isinstance(found, Label):
        raise Invalid(findings)
    return text(found.zh, found.en)
