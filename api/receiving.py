"""Bodies that are files: written to disk as they come, a block in memory at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect, Request

from api.file_threads import FileThreads
from api.problems import BadRequest
from engine.files.opened import scratch
from engine.settings import Settings

BLOCK = 1024 * 1024


class CutOff(BadRequest):
    """The connection ended before the whole file had come."""

    code = "upload_cut_off"
    zh = "文件没有传完，连接就断开了。"
    fix_zh = "请重新上传。"
    fix_en = "Send it again."


@asynccontextmanager
async def received(request: Request, threads: FileThreads, settings: Settings) -> AsyncIterator[Path]:
    """The body as a local file that is removed at the end of the block. Raises CutOff, BodyTooLarge."""
    holder = scratch(settings)
    path = await threads.run(holder.__enter__)
    try:
        await _write(request, threads, path)
        yield path
    finally:
        await threads.run(lambda: holder.__exit__(None, None, None))


async def _write(request: Request, threads: FileThreads, path: Path) -> None:
    target: BinaryIO = await threads.run(lambda: path.open("wb"))
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= BLOCK:
                block, waiting = waiting, bytearray()
                await threads.run(lambda block=block: target.write(block))  # type: ignore[misc]
        await threads.run(lambda: target.write(waiting))
    except ClientDisconnect:
        raise CutOff() from None
    finally:
        await threads.run(target.close)  # what is buffered is written now
