"""Outbound HTTP calls with their failures sorted into: try again, or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from engine.connect.addresses import AddressRefused, PublicTransport
from engine.connect.deadline import deadline
from engine.errors import EngineError
from engine.findings import text
from engine.jobs.worker import PermanentFailure

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
DEADLINE_SECONDS = 30.0
ANSWER_LIMIT = 2000
COVERED = "••••••"
HEADERS = {"Content-Type": "application/json", "User-Agent": "Fourfold", "Accept-Encoding": "identity"}
AGAIN = frozenset({408, 409, 423, 425, 429})

Trace = Callable[[str, Mapping[str, Any]], None]


class CallRefused(PermanentFailure):
    """The other side refused the call for good."""

    code = "call_refused"
    zh = "对方系统拒绝了调用。"
    fix_zh = "请检查网址、请求头和内容。"
    fix_en = "Check the URL, the headers and the body."


class CallFailed(EngineError):
    """The other side could not be reached or could not answer."""

    code = "call_failed"
    zh = "无法连接对方系统，或对方未能应答。"
    fix_zh = "系统会自动重试。"
    fix_en = "It will be tried again."


HEADERS_FIX = text(
    "请检查各请求头的值，不要有换行或首尾空格。",
    "Look at the values of the headers: no line breaks, no blanks around them.",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `id` travels as the Idempotency-Key, so that a repeat can be recognised. `secrets` stand in
    its headers, and in nothing that is told of it.
    """

    id: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: Any
    secrets: tuple[str, ...] = ()


def perform(call: Call, *, allow_private: bool) -> int:
    """Send `call` and return the status, which is 2xx. Raises CallRefused or CallFailed.

    Redirects are not followed: they could lead to an address that was never checked.
    """
    if call.secrets and not allow_private and not call.url.lower().startswith("https:"):
        raise CallRefused(
            text("密文只通过 https 发送。", "Secrets are sent over https only."),
            fix=text("请把网址改为 https。", "Use an https address."),
        )
    transport = httpx.HTTPTransport() if allow_private else PublicTransport()
    headers = {**HEADERS, **call.headers, "Idempotency-Key": call.id}
    content = None if call.body is None else orjson.dumps(call.body)
    try:
        with (
            _in_time(DEADLINE_SECONDS) as trace,
            httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False) as client,
            client.stream(
                call.method, call.url, headers=headers, content=content, extensions={"trace": trace}
            ) as answer,
        ):
            return _judge(answer, call.secrets)
    except AddressRefused as refused:
        raise CallRefused(refused.message, fix=refused.fix) from refused
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as wrong:
        raise CallRefused(text(f"网址不正确：{wrong}", f"The URL is not right: {wrong}")) from wrong
    except httpx.LocalProtocolError:
        # it quotes the header that cannot be sent, which may be a secret
        message = text("请求不符合 HTTP 的规定。", "The request is not what HTTP allows.")
        raise CallRefused(message, fix=HEADERS_FIX) from None
    except (httpx.HTTPError, EngineError) as broken:
        if isinstance(broken, CallRefused | CallFailed):
            raise
        said = _covered(repr(broken), call.secrets)
        raise CallFailed(text(f"调用失败：{said}", f"The call failed: {said}")) from broken


@contextmanager
def _in_time(seconds: float) -> Iterator[Trace]:
    """What httpx is to tell its steps. Raises CallFailed for whatever broke because the time was up."""
    with deadline(seconds) as until:

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                until.watch(info["return_value"].get_extra_info("socket"))

        try:
            yield trace
        except httpx.HTTPError as broken:
            if until.passed:
                raise CallFailed(
                    text("对方系统未能及时完成应答。", "The other side did not finish its answer in time.")
                ) from broken
            raise


def _judge(answer: httpx.Response, secrets: tuple[str, ...]) -> int:
    if answer.is_success:
        return answer.status_code
    said = f"HTTP {answer.status_code} {_covered(_beginning(answer), secrets)}".strip()
    message = text(f"对方答复：{said}", f"The other side said: {said}")
    if answer.status_code >= 500 or answer.status_code in AGAIN:
        raise CallFailed(message)
    raise CallRefused(message)


def _covered(said: str, secrets: tuple[str, ...]) -> str:
    """What the other side said, without what it was sent; a part of that at the end goes too."""
    if secrets and len(said) >= ANSWER_LIMIT - max(map(len, secrets)):
        said = said[: -max(map(len, secrets))]
    for secret in secrets:
        said = said.replace(secret, COVERED)
    return said


def _beginning(answer: httpx.Response) -> str:
    """The first part of the body as it travels; the rest may be endless, or unfold to far more."""
    read = b""
    with suppress(httpx.HTTPError):  # the status is known: a body that breaks off does not change it
        for part in answer.iter_raw():
            read += part
            if len(read) >= ANSWER_LIMIT:
                break
    return read[:ANSWER_LIMIT].decode(errors="replace")
