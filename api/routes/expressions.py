"""Expressions while they are being written: checked where they will stand, and tried on a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, PlainValidator, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import json_object, query
from api.described import model_body
from api.edge import read
from engine.definitions.check import read_model
from engine.definitions.find_place import find_place
from engine.definitions.try_check import Checked, WantedType, check_in_place
from engine.errors import Invalid
from engine.findings import Finding
from engine.identity.designers import require_designer
from engine.identity.service import require_admin
from engine.protocols import Document
from engine.storage.unit_of_work import UnitOfWork
from forms.evaluation import Trial, try_expression

router = APIRouter(prefix="/apps/{app}/draft", tags=["definitions"])


def _text_or_object(value: Any) -> Any:
    """One finding in place of one per kind of value that it is not."""
    if isinstance(value, str | dict):
        return value
    raise PydanticCustomError("text_or_object", "text or an object is expected")


TextOrObject = Annotated[
    str | dict[str, Any],
    PlainValidator(_text_or_object, json_schema_input_type=str | dict[str, Any]),
]


class PlaceOfExpression(Document):
    """Where the expression stands: `pointer` into the document, or the name of a `place` of the kind."""

    kind: str
    key: str | None = None
    pointer: str | None = None
    place: str | None = None
    document: dict[str, Any] | None = None
    form: str | None = None
    child: str | None = None
    field: str | None = None


class ExpressionBody(Document):
    """An expression and its place; `expect` is the type it shall have where the place leaves it open."""

    expression: TextOrObject
    context: PlaceOfExpression
    expect: WantedType | None = None

    @field_validator("expect", mode="before")
    @classmethod
    def _by_kind(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class TrialBody(ExpressionBody):
    """And what it is tried on."""

    record: TextOrObject = Field(default_factory=dict)
    old: dict[str, Any] | None = None
    row: int | None = None
    variables: dict[str, Any] | None = None
    as_user: str | None = None


@router.post("/expressions:check", openapi_extra=model_body(ExpressionBody, writes=False))
async def check_expression(request: Request, app: str) -> Response:
    """`{"ok", "type", "text", "json", "canonical", ..., "findings"}`; a wrong expression is no wrong request."""
    query(request)
    body = await _body(request, ExpressionBody)

    def find(work: UnitOfWork) -> dict[str, Any]:
        return _checked(work, app, body)[0].as_json()

    return answer(await read(request, find))


@router.post("/expressions:evaluate", openapi_extra=model_body(TrialBody, writes=False))
async def evaluate_expression(request: Request, app: str) -> Response:
    """`{"ok", "type", "value", "holds", "trace", "findings"}` on a stored record or on given values."""
    query(request)
    body = await _body(request, TrialBody)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_admin(
            work
        )  # it follows references with the app's rights, and designing gives no right on records
        checked, found = _checked(work, app, body)
        made = {"ok": checked.ok, "type": checked.type, "value": None, "holds": None, "trace": None}
        if checked.expression is not None:
            trial = Trial(body.record, body.old, body.row, body.variables, body.as_user)
            made |= try_expression(work, app, found, checked.expression, trial)
        return {**made, "findings": checked.findings}

    return answer(await read(request, find, snapshot=True))


def _checked(work: UnitOfWork, app: str, body: Any) -> tuple[Checked, Any]:
    require_designer(work, app)
    found = find_place(work, app, body.context.model_dump(exclude_none=True))
    return check_in_place(body.expression, found, body.expect), found


async def _body(request: Request, model: type[Document]) -> Any:
    """The body as `model`. Raises Invalid."""
    findings: list[Finding] = []
    raw: Mapping[str, Any] = await json_object(request)
    read_body = read_model(model, raw, "", findings)
    if read_body is None:
        raise Invalid(findings)
    return read_body
