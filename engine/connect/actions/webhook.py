"""The action `webhook`: call another system, through a job that tries again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from engine.connect.payload import Payload, compile_payload
from engine.connect.sealed_calls import JOB, sealed_call
from engine.connect.secrets import TELLING
from engine.connect.templates import Slot, Template, compile_template
from engine.connect.values import as_json
from engine.definitions.app import Key
from engine.findings import text
from engine.jobs import enqueue
from engine.protocols import Action, ActionContext, ActionScope, Document

Method = Literal["POST", "PUT", "PATCH", "DELETE", "GET"]


class SecretHeader(Document):
    """The value is the app's secret of this key (`PUT /apps/{app}/secrets/{key}`)."""

    secret: Key


class WebhookParams(Document):
    """`url` may hold `{{expression}}` after the host; `body` may hold {"expr": ..} anywhere. A header that holds
    what nobody else should know names a secret.
    """

    url: str = Field(pattern=r"^https?://[^/\s{}@]+(/|$|\?)", max_length=2000)
    method: Method = "POST"
    headers: dict[str, str | SecretHeader] = Field(default={}, max_length=30)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Webhook(Action):
    """Puts one call into the outbox of the transaction at hand, with its values as they are now: sealed where they are
    those of encrypted fields.
    """

    type = "webhook"
    Params = WebhookParams

    slot: str
    url: Template
    method: Method
    headers: dict[str, Any]
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
        headers = {
            name: said if isinstance(said, str) else said.model_dump()
            for name, said in params.headers.items()
        }
        return cls(scope.pointer, url, params.method, headers, body)

    def run(self, context: ActionContext) -> dict[str, Any]:
        """Summary: the job, and the URL unless it is sealed. Without a body the call says which record it is about."""
        url = self.url.filled(context.record, context.env, _in_url)
        body: Any
        if self.body is None and self.method == "GET":
            body = None
        elif self.body is None:
            body = {"app": context.app.key, "form": context.form, "id": context.record["id"]}
        else:
            body = self.body.value(context.record, context.env)
        secret = bool(self.url.sealed) or (self.body is not None and self.body.sealed)
        call = {"url": url, "body": body}
        if secret:
            call = sealed_call(context.work.runtime.ring, context.app.key, url, body)
        job = enqueue(
            context.work,
            JOB,
            {**call, "method": self.method, "headers": self.headers},
            unique=f"{context.key}:{self.slot}",
            app=context.app.key,
        )
        return {"job": job} if secret else {"job": job, "url": url}


def _in_url(value: Any, slot: Slot) -> str:
    plain = as_json(value, slot.expression.type)
    return "" if plain is None else quote(str(plain), safe="")


def _headers_fit(params: WebhookParams, scope: ActionScope) -> bool:
    fine = True
    for name, value in params.headers.items():
        if not _is_header(name) or (isinstance(value, str) and not _printable(value)):
            fine = False
            scope.context.error(
                "bad_header",
                f"{scope.pointer}/headers/{name}",
                text("请求头只能含可打印的 ASCII 字符。", "A header holds printable ASCII only."),
                text("请改正名称或值。", "Correct the name or the value."),
            )
        elif isinstance(value, str) and TELLING.search(name.lower()):
            fine = False
            scope.context.error(
                "secret_in_clear",
                f"{scope.pointer}/headers/{name}",
                text(
                    f"请求头“{name}”的值会随应用导出，任何设计者都能看到。",
                    f"The value of the header '{name}' would be exported with the app and seen by its designers.",
                ),
                text(
                    '请用 PUT /apps/{app}/secrets/{key} 设置密文，此处写 {"secret": "key"}。',
                    'Set a secret with PUT /apps/{app}/secrets/{key} and write {"secret": "key"} here.',
                ),
            )
    return fine


def _is_header(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _printable(value: str) -> bool:
    return value.isascii() and value.isprintable()
