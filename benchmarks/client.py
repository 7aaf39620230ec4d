"""A lean HTTP/1.1 client: keep-alive connections that send the next request when an answer is whole.

It parses no more than status and length, so that the server, not the client, is what is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

import uvloop

HOST = "127.0.0.1"
HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
PATIENCE = 60.0

NextRequest = Callable[[], bytes]


class RequestFailed(Exception):
    """The server answered with something else than success."""


class Lane(asyncio.Protocol):
    """One connection. Answers are counted until `deadline`, then `done` is set."""

    def __init__(self, next_request: NextRequest, deadline: float) -> None:
        self._next = next_request
        self._deadline = deadline
        self._buffer = b""
        self._whole = 0
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._next())

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        if not self._whole:
            self._whole = length_of_answer(buffer)
        if not self._whole or len(buffer) < self._whole:
            return
        self._buffer, self._whole = b"", 0
        if buffer[9:10] != b"2":
            self._end(buffer, RequestFailed(buffer.decode("utf-8", "replace")))
            return
        self.answers += 1
        if time.perf_counter() >= self._deadline or self._transport is None:
            self._end(buffer, None)
            return
        self._transport.write(self._next())

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(b"", RequestFailed(f"the server hung up: {exc}"))

    def _end(self, answer: bytes, failure: Exception | None) -> None:
        if self.done.done():
            return
        if failure is None:
            self.done.set_result(answer)
        else:
            self.done.set_exception(failure)
        if self._transport is not None:
            self._transport.close()


def length_of_answer(buffer: bytes) -> int:
    """Bytes of head and body together; 0 while the head is not there yet."""
    end = buffer.find(HEAD_END)
    if end < 0:
        return 0
    head = buffer[:end].lower()
    at = head.find(LENGTH)
    if at < 0:
        return end + len(HEAD_END)
    line_end = head.find(b"\r\n", at + 2)
    return end + len(HEAD_END) + int(head[at + len(LENGTH) : line_end if line_end > 0 else end])


def requests_per_second(port: int, next_request: NextRequest, *, lanes: int, seconds: float) -> float:
    """Successful answers per second over `lanes` connections. Raises RequestFailed."""
    return uvloop.run(_drive(port, next_request, lanes, seconds))


async def _drive(port: int, next_request: NextRequest, lanes: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: Lane(next_request, start + seconds), HOST, port))[1]
        for _ in range(lanes)
    ]
    async with asyncio.timeout(seconds + PATIENCE):
        await asyncio.gather(*(lane.done for lane in opened))
    return sum(lane.answers for lane in opened) / (time.perf_counter() - start)


def ask(port: int, request: bytes) -> bytes:
    """The body of the answer to one request. Raises RequestFailed."""
    return uvloop.run(_ask(port, request))


async def _ask(port: int, request: bytes) -> bytes:
    _, lane = await asyncio.get_running_loop().create_connection(lambda: Lane(lambda: request, 0), HOST, port)
    async with asyncio.timeout(PATIENCE):
        return (await lane.done).partition(HEAD_END)[2]


def http(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer {token}\r\n"
        "accept: application/json\r\n"
    )
    if body:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
