"""Bodies that are files: nothing of them stays when the connection breaks or they are too large."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from api.file_threads import FileThreads
from api.ranges import RangeNotSatisfiable, read_range
from api.receiving import BLOCK, CutOff, received
from engine.files.opened import incoming_folder
from engine.settings import Settings


def request(*messages: dict[str, Any]) -> Request:
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def body(data: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


@pytest.fixture
def threads():
    made = FileThreads(2)
    yield made
    made.close()


def test_a_body_in_many_pieces_is_one_file(tmp_path: Path, threads: FileThreads) -> None:
    settings = Settings(home=tmp_path)
    pieces = [bytes([index]) * (BLOCK // 3) for index in range(10)]
    messages = [body(piece, more=index < 9) for index, piece in enumerate(pieces)]

    async def run() -> bytes:
        async with received(request(*messages), threads, settings) as path:
            return path.read_bytes()

    assert asyncio.run(run()) == b"".join(pieces)
    assert list(incoming_folder(settings).iterdir()) == []


def test_a_connection_that_breaks_leaves_nothing(tmp_path: Path, threads: FileThreads) -> None:
    settings = Settings(home=tmp_path)

    async def run() -> None:
        messages = (body(b"x" * (2 * BLOCK), more=True), {"type": "http.disconnect"})
        async with received(request(*messages), threads, settings):
            raise AssertionError("half a file is no file")

    with pytest.raises(CutOff):
        asyncio.run(run())
    assert list(incoming_folder(settings).iterdir()) == []


def test_a_request_that_is_cancelled_leaves_nothing(tmp_path: Path, threads: FileThreads) -> None:
    settings = Settings(home=tmp_path)

    async def run() -> None:
        started = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if started.is_set():
                await asyncio.Event().wait()
            started.set()
            return body(b"x" * (2 * BLOCK), more=True)

        async def upload() -> None:
            made = Request({"type": "http", "method": "POST", "headers": []}, receive)
            async with received(made, threads, settings):
                raise AssertionError("half a file is no file")

        task = asyncio.create_task(upload())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    threads.close()
    assert list(incoming_folder(settings).iterdir()) == []


@pytest.mark.parametrize(
    ("header", "size", "part"),
    [
        (None, 10, None),
        ("", 10, None),
        ("bytes=-", 10, None),
        ("bytes=0-0", 10, (0, 1)),
        ("bytes = 0-0", 10, (0, 1)),
        ("bytes=0-", 1, (0, 1)),
        ("bytes=9-9", 10, (9, 1)),
        ("bytes=-1", 10, (9, 1)),
        ("bytes=0-99999999999999999999", 10, None),
    ],
)
def test_ranges_at_the_edges(header: str | None, size: int, part: tuple[int, int] | None) -> None:
    assert read_range(header, size) == part


@pytest.mark.parametrize(("header", "size"), [("bytes=0-", 0), ("bytes=-5", 0), ("bytes=1-", 1)])
def test_ranges_behind_the_end(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        read_range(header, size)
