"""Answers that are files: in blocks, by ranges, with headers that keep a browser from running them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.errors import problem_response
from api.file_threads import FileThreads
from api.ranges import RangeNotSatisfiable, read_range, same_tag
from engine.errors import EngineError
from engine.files.images import SIZES, BrokenPicture, TooManyPixels, is_picture, preview
from engine.files.inspect import BrokenImage
from engine.files.jobs.file_strip import stripped
from engine.files.media import UNKNOWN, shown_inline
from engine.files.names import disposition, with_extension
from engine.files.opened import scratch, store_of
from engine.files.repository import StoredFile
from engine.files.store import BLOCK, Blob, BlobMissing, preview_key
from engine.runtime import Runtime

SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    # rights may end: a browser keeps the file, but asks each time whether it may still show it
    "cache-control": "private, no-cache",
}


class NoPreview(EngineError):
    """There are no previews of files of this kind."""

    code = "no_preview"
    zh = "此类文件没有预览图。"
    fix_zh = "请去掉 size 参数，下载原文件。"
    fix_en = "Leave out `size` and take the file itself."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a file: itself or a preview of `size` pixels, to keep (`download`), without metadata."""

    file: StoredFile
    size: int | None = None
    download: bool = False
    strips: bool = False

    @property
    def tag(self) -> str:
        """The content of a file never changes, but for its metadata once."""
        bare = "-bare" if self.strips or self.file.stripped else ""
        return f'"{self.file.id}-{self.size}"' if self.size else f'"{self.file.id}{bare}"'

    @property
    def type(self) -> str:
        return "image/webp" if self.size else self.file.type or UNKNOWN

    @property
    def name(self) -> str:
        return with_extension(self.file.name, "webp") if self.size else self.file.name


class MemoryBlob(Blob):
    """A content that was made for this answer."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> Iterator[bytes]:
        for at in range(start, start + length, BLOCK):
            yield self._data[at : min(at + BLOCK, start + length)]


class Sending:
    """An open content that a client is being sent; it is closed when no thread reads it any more."""

    def __init__(self, runtime: Runtime, wanted: Wanted) -> None:
        self._turn = threading.Lock()
        self._open = ExitStack()
        self._blocks: Iterator[bytes] = iter(())
        with self._open:
            self.blob = _opened(runtime, wanted, self._open)
            self._open = self._open.pop_all()

    def take(self, start: int, length: int) -> None:
        """Choose what to send."""
        self._blocks = self.blob.read(start, length)

    def block(self) -> bytes | None:
        """The next bytes; None at the end."""
        with self._turn:
            return next(self._blocks, None)

    def close(self) -> None:
        with self._turn:
            self._open.close()


def _opened(runtime: Runtime, wanted: Wanted, stack: ExitStack) -> Blob:
    store = store_of(runtime)
    if wanted.size:
        return _preview(runtime, wanted, stack)
    blob = stack.enter_context(store.open(wanted.file.place))
    if not wanted.strips:
        return blob
    try:
        return MemoryBlob(stripped(blob, wanted.file))  # until the job has put it so into the store
    except BrokenPicture:
        raise BrokenImage() from None


def _preview(runtime: Runtime, wanted: Wanted, stack: ExitStack) -> Blob:
    """The preview from the store; the first time it is made."""
    store, key = store_of(runtime), preview_key(wanted.file.id, wanted.size or SIZES[0])
    try:
        return stack.enter_context(store.open(key))
    except BlobMissing:
        with scratch(runtime.settings) as original, scratch(runtime.settings) as small:
            store.copy_to(wanted.file.place, original)
            try:
                data = preview(original, wanted.size or SIZES[0])
            except (BrokenPicture, TooManyPixels):
                raise BrokenImage() from None
            small.write_bytes(data)
            store.put(key, small)
        return MemoryBlob(data)


async def send(request: Request, runtime: Runtime, threads: FileThreads, wanted: Wanted) -> Response:
    """The answer to GET and HEAD of a content. Raises BlobMissing, NoPreview, BrokenImage."""
    if wanted.size and not is_picture(wanted.file.type):
        raise NoPreview()
    headers = {**SAFE, "etag": wanted.tag, "accept-ranges": "bytes"}
    if same_tag(request.headers.get("if-none-match"), wanted.tag):
        return Response(status_code=304, headers=headers)
    inline = shown_inline(wanted.type) and not wanted.download
    headers["content-disposition"] = disposition(wanted.name, inline=inline)
    sending = await threads.run(lambda: Sending(runtime, wanted))
    asked = request.headers.get("range")
    if request.headers.get("if-range", wanted.tag) != wanted.tag:
        asked = None
    try:
        part = read_range(asked, sending.blob.size)
    except RangeNotSatisfiable as failure:
        threads.later(sending.close)
        response = problem_response(failure, request)
        response.headers["content-range"] = f"bytes */{sending.blob.size}"
        return response
    return _streamed(request, threads, sending, headers, part, wanted.type)


def _streamed(
    request: Request,
    threads: FileThreads,
    sending: Sending,
    headers: dict[str, str],
    part: tuple[int, int] | None,
    type_: str,
) -> Response:
    size = sending.blob.size
    start, length = part or (0, size)
    headers["content-length"] = str(length)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{size}"
    media_type = f"{type_}; charset=utf-8" if type_.startswith("text/") else type_
    status = 206 if part is not None else 200
    if request.method == "HEAD":
        threads.later(sending.close)
        return Response(status_code=status, headers=headers, media_type=media_type)
    sending.take(start, length)
    return StreamingResponse(_blocks(threads, sending), status, headers, media_type)


async def _blocks(threads: FileThreads, sending: Sending) -> AsyncIterator[bytes]:
    try:
        while (block := await threads.run(sending.block)) is not None:
            yield block
    finally:
        threads.later(sending.close)
