"""The action `webhook`: call another system, through a job that tries again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from engine.connect.payload import Payload, compile_payload
from engine.connect.templates import Slot, Template, compile_template
from engine.connect.values import as_json
from engine.findings import text
from engine.jobs import enqueue
from engine.protocols import Action, ActionContext, ActionScope, Document

Method = Literal["POST", "PUT", "PATCH", "DELETE", "GET"]


class WebhookParams(Document):
    """`url` may hold `{{expression}}` after the host; `body` may hold {"expr": ..} anywhere."""

    url: str = Field(pattern=r"^https?://[^/\s{}@]+(/|$|\?)", max_length=2000)
    method: Method = "POST"
    headers: dict[str, str] = Field(default={}, max_length=30)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Webhook(Action):
    """Puts one call into the outbox of the transaction at hand, with its values as they are now."""

    type = "webhook"
    Params = WebhookParams

    slot: str
    url: Template
    method: Method
    headers: dict[str, str]
    body: Payload | None

    @classmethod
    def compile(cls, params: WebhookParams, scope: ActionScope) -> Webhook | None:
        context = scope.context
        names = context.scope(scope.shape, variables=scope.variables, row=scope.row)
        url = compile_template(params.url, f"{scope.pointer}/url", names, context)
        body = None
        if params.body is not None:
            body = compile_payload(params.body, f"{scope.pointer}/body", names, context)
        if url is None or (body is None and params.body is not None) or not _headers_fit(params, scope):
            return None
        return cls(scope.pointer, url, params.method, params.headers, body)

    def run(self, context: ActionContext) -> dict[str, Any]:
        """Summary: the job and the URL. Without a body the call says which record it is about."""
        url = self.url.filled(context.record, context.env, _in_url)
        body: Any
        if self.body is None and self.method == "GET":
            body = None
        elif self.body is None:
            body = {"app": context.app.key, "form": context.form, "id": context.record["id"]}
        else:
            body = self.body.value(context.record, context.env)
        job = enqueue(
            context.work,
            "webhook",
            {"url": url, "method": self.method, "headers": self.headers, "body": body},
            unique=f"{context.key}:{self.slot}",
            app=context.app.key,
        )
        return {"job": job, "url": url}


def _in_url(value: Any, slot: Slot) -> str:
    plain = as_json(value, slot.expression.type)
    return "" if plain is None else quote(str(plain), safe="")


def _headers_fit(params: WebhookParams, scope: ActionScope) -> bool:
    wrong = [
        name
        for name, value in params.headers.items()
        if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or not _printable(value)
    ]
    for name in wrong:
        scope.context.error(
            "bad_header",
            f"{scope.pointer}/headers/{name}",
            text("请求头只能含可打印的 ASCII 字符。", "A header holds printable ASCII only."),
            text("请改正名称或值。", "Correct the name or the value."),
        )
    return not wrong


def _printable(value: str) -> bool:
    return value.isascii() and value.isprintable()
