"""Outbound HTTP calls with their failures sorted into: try again, or never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from engine.connect.addresses import AddressRefused, PublicTransport
from engine.errors import EngineError
from engine.findings import text
from engine.jobs.worker import PermanentFailure

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
ANSWER_LIMIT = 2000
AGAIN = frozenset({408, 409, 423, 425, 429})


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


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `id` travels as the Idempotency-Key, so that a repeat can be recognised."""

    id: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: Any


def perform(call: Call, *, allow_private: bool) -> int:
    """Send `call` and return the status, which is 2xx. Raises CallRefused or CallFailed.

    Redirects are not followed: they could lead to an address that was never checked.
    """
    transport = httpx.HTTPTransport() if allow_private else PublicTransport()
    headers = {"Content-Type": "application/json", "User-Agent": "Fourfold", **call.headers}
    headers["Idempotency-Key"] = call.id
    content = None if call.body is None else orjson.dumps(call.body)
    try:
        with (
            httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False) as client,
            client.stream(call.method, call.url, headers=headers, content=content) as answer,
        ):
            return _judge(answer)
    except AddressRefused as refused:
        raise CallRefused(refused.message, fix=refused.fix) from refused
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as wrong:
        raise CallRefused(text(f"网址不正确：{wrong}", f"The URL is not right: {wrong}")) from wrong
    except (httpx.HTTPError, EngineError) as broken:
        if isinstance(broken, CallRefused | CallFailed):
            raise
        raise CallFailed(text(f"调用失败：{broken!r}", f"The call failed: {broken!r}")) from broken


def _judge(answer: httpx.Response) -> int:
    if answer.is_success:
        return answer.status_code
    said = f"HTTP {answer.status_code} {_beginning(answer)}".strip()
    message = text(f"对方答复：{said}", f"The other side said: {said}")
    if answer.status_code >= 500 or answer.status_code in AGAIN:
        raise CallFailed(message)
    raise CallRefused(message)


def _beginning(answer: httpx.Response) -> str:
    """The first part of the body; the rest may be endless and is never read."""
    read = b""
    for part in answer.iter_bytes(ANSWER_LIMIT):
        read += part
        if len(read) >= ANSWER_LIMIT:
            break
    return read[:ANSWER_LIMIT].decode(errors="replace")
