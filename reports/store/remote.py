"""The way to a report server: the same HTTP request, sent on over its unix socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from engine.errors import TryAgain

PASSED_ON = ("authorization", "accept-language", "content-type", "x-request-id")
PASSED_BACK = ("content-type", "content-disposition", "retry-after", "www-authenticate")


class ReportServerDown(TryAgain):
    """The report server does not answer."""

    code = "reports_unavailable"
    zh = "报表服务没有响应。"
    fix_zh = "请稍后重试；若仍失败，请联系管理员启动报表服务。"
    fix_en = "Try again in a moment; if it stays so, ask an administrator to start the report server."


@dataclass(frozen=True, slots=True)
class RemoteAnswer:
    """What the report server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RemoteReports:
    """Sends requests on; the report server checks the caller's token itself."""

    def __init__(self, socket: str, *, timeout: float) -> None:
        self._socket = socket
        self._timeout = timeout

    async def forward(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes
    ) -> RemoteAnswer:
        """The answer to the same request; `path` with its query. Raises ReportServerDown."""
        kept = {name: headers[name] for name in PASSED_ON if name in headers}
        transport = httpx.AsyncHTTPTransport(uds=self._socket)
        try:
            async with httpx.AsyncClient(
                transport=transport, base_url="http://reports", timeout=self._timeout
            ) as client:
                response = await client.request(method, path, headers=kept, content=body)
        except httpx.HTTPError as failed:
            raise ReportServerDown() from failed
        back = {name: response.headers[name] for name in PASSED_BACK if name in response.headers}
        return RemoteAnswer(response.status_code, back, response.content)
