"""Files: upload them, save a record with their ids, read them through the record.

Until a record holds a file it is only its uploader's. Then who may read the field of the record may read it.
"""

from __future__ import annotations

import re
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing, page
from api.body import flag, json_object, number, query, required_text
from api.content import Wanted, send
from api.described import body_of, query_of
from api.edge import Edge, edge_of
from api.receiving import received
from engine.errors import Invalid
from engine.files import repository, uploads
from engine.files.images import SIZES
from engine.files.inspect import Facts, FileRefused, inspect
from engine.files.names import clean_name
from engine.files.opened import scratch, store_of
from engine.files.repository import StoredFile
from engine.files.store import part_key
from engine.files.uploads import SOURCES, HashMismatch, PartOutOfPlace
from engine.findings import error, text
from engine.identity.principal import Principal
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.file_reading import HeldFile, find_file, list_files

router = APIRouter(tags=["files"])

SIZE_WANTED = "A preview of a picture that fits into so many pixels: 160, 320, 640 or 1280."
CONTENT = query_of(size=SIZE_WANTED, download="`true`: a browser keeps it instead of showing it.")
BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
HELD = "/apps/{app}/forms/{form}/records/{record}/files"


def content_of(**query: str) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is a file."""
    return {**query_of(**query), "requestBody": {"required": True, "content": BINARY}}


@router.post(
    "/uploads",
    status_code=201,
    openapi_extra=content_of(
        name="What the file is called.",
        source="Where it comes from: camera, gallery or file.",
        sha256="The hash of the content, to be compared with what arrives.",
    ),
)
async def upload(request: Request) -> Response:
    """Upload a small file: the body is its content.

    `?name=photo.jpg&source=camera|gallery|file&sha256=`. At most `part_size` bytes; larger ones go in parts.
    """
    asked = query(request, "name", "source", "sha256")
    name, source = clean_name(required_text(asked, "name")), source_of(asked)
    edge = edge_of(request)
    principal = await edge.principal_of(request)
    settings, store = edge.runtime.settings, store_of(edge.runtime)
    async with received(request, edge.files, settings) as path:
        facts = await edge.files.run(lambda: inspect(path, name))
        if _sha256(asked) not in (None, facts.sha256):
            raise HashMismatch()
        file = await edge.write_as(
            principal, lambda work: uploads.begin(work, facts.name, facts.size, source)
        )
        await edge.files.run(lambda: store.put(file.place, path))
    done = await edge.write_as(principal, lambda work: uploads.settle(work, file.id, facts))
    return created(repository.as_json(done), f"{request.url.path}/{file.id}")


@router.post(
    "/uploads:begin",
    status_code=201,
    openapi_extra=body_of(
        {
            "name": {"type": "string"},
            "size": {"type": "integer", "minimum": 1},
            "source": {"enum": [*SOURCES, None]},
        },
        "name",
        "size",
        writes=False,
    ),
)
async def begin_upload(request: Request) -> Response:
    """Begin a file that comes in parts: `{"name", "size", "source"}`. The answer says the `part_size`."""
    query(request)
    body = await json_object(request, allowed=("name", "size", "source"))
    name, source, size = required_text(body, "name"), source_of(body), body.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size < 2**53:
        message = text("应为文件的字节数。", "The size of the file in bytes is expected.")
        raise Invalid([error("wrong_type", "/size", message)])
    edge = edge_of(request)
    principal = await edge.principal_of(request)
    file = await edge.write_as(principal, lambda work: uploads.begin(work, name, size, source))
    path = request.url.path.removesuffix(":begin")
    return created(_progress(edge, file, {}), f"{path}/{file.id}")


@router.put("/uploads/{file}/parts", openapi_extra=content_of(offset="Where in the file the part begins."))
async def put_part(request: Request, file: str) -> Response:
    """Send the part that begins at `?offset=`; sending one again replaces it."""
    offset = number(query(request, "offset"), "offset", default=0, most=2**53)
    edge = edge_of(request)
    found = await edge.read(request, lambda work: uploads.receiving(work, file))
    settings, store = edge.runtime.settings, store_of(edge.runtime)
    part, length = uploads.part_at(found.size, offset, settings.file_part_size)
    async with received(request, edge.files, settings) as path:
        if path.stat().st_size != length:
            raise PartOutOfPlace(details={"part_size": settings.file_part_size, "expected": length})
        await edge.files.run(lambda: store.put(part_key(found.id, part), path))
    return answer({"id": found.id, "offset": offset, "size": length})


@router.post(
    "/uploads/{file}:complete",
    openapi_extra=body_of({"sha256": {"type": "string"}}, "sha256", writes=False),
)
async def complete_upload(request: Request, file: str) -> Response:
    """Put the parts together: `{"sha256"}` of the whole content. The file is judged and can be used then."""
    query(request)
    body = await json_object(request, allowed=("sha256",))
    wanted = _sha256({"sha256": required_text(body, "sha256")})
    edge = edge_of(request)
    principal = await edge.principal_of(request)
    found = await edge.read(request, lambda work: uploads.own(work, file))
    if found.state == "receiving":
        facts = await _completed(edge, principal, found, str(wanted))
        found = await edge.write_as(principal, lambda work: uploads.settle(work, file, facts, parts=True))
    elif found.sha256 != wanted:
        raise HashMismatch()
    return answer(repository.as_json(found))


async def _completed(edge: Edge, principal: Principal, file: StoredFile, wanted: str) -> Facts:
    """Assemble, judge and store. A file that is refused is removed at once."""
    settings, store = edge.runtime.settings, store_of(edge.runtime)

    def assemble() -> Facts:
        with scratch(settings) as path:
            digest = uploads.assemble(store, file, settings.file_part_size, path)
            if digest != wanted:
                raise HashMismatch()
            facts = inspect(path, file.name, sha256=digest)
            store.put(file.place, path)
        return facts

    try:
        return await edge.files.run(assemble)
    except FileRefused:
        await edge.write_as(principal, lambda work: uploads.discard(work, file.id))
        raise


@router.get("/uploads/{file}")
async def one_upload(request: Request, file: str) -> Response:
    """An own upload; of one that comes in parts, which have been received."""
    query(request)
    edge = edge_of(request)
    found = await edge.read(request, lambda work: uploads.own_loose(work, file))
    if found.state != "receiving":
        return answer(repository.as_json(found))
    store, part_size = store_of(edge.runtime), edge.runtime.settings.file_part_size
    there = await edge.files.run(lambda: uploads.received(store, found, part_size))
    return answer(_progress(edge, found, there))


@router.head("/uploads/{file}/content", include_in_schema=False)
@router.get("/uploads/{file}/content", openapi_extra=CONTENT)
async def upload_content(request: Request, file: str) -> Response:
    """The content of an own upload that no record holds: `?size=160|320|640|1280` a preview, `?download=true`."""
    edge = edge_of(request)
    size, download = _shape(request)
    found = await edge.read(request, lambda work: uploads.own_loose(work, file))
    if found.state != "stored":
        raise uploads.UploadNotFound()
    return await send(request, edge.runtime, edge.files, Wanted(found, size, download))


@router.delete("/uploads/{file}", status_code=204)
async def discard_upload(request: Request, file: str) -> Response:
    """Remove an own upload that no record holds."""
    query(request)
    edge = edge_of(request)
    principal = await edge.principal_of(request)
    await edge.write_as(principal, lambda work: uploads.discard(work, file))
    return nothing()


@router.get(HELD)
async def record_files(request: Request, app: str, form: str, record: str) -> Response:
    """The files of a record in the fields that you may read, each with its field."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        compiled = work.app(app)
        return list_files(work, compiled, compiled_form(compiled, form), record)

    return page(await edge_of(request).read(request, find))


@router.head(HELD + "/{file}", include_in_schema=False)
@router.get(HELD + "/{file}", openapi_extra=CONTENT)
async def record_file(request: Request, app: str, form: str, record: str, file: str) -> Response:
    """The content of a file of a record: `?size=160|320|640|1280` a preview, `?download=true` to keep it."""
    edge = edge_of(request)
    size, download = _shape(request)

    def find(work: UnitOfWork) -> HeldFile:
        compiled = work.app(app)
        return find_file(work, compiled, compiled_form(compiled, form), record, file)

    held = await edge.read(request, find)
    wanted = Wanted(held.file, size, download, held.strips)
    return await send(request, edge.runtime, edge.files, wanted)


def _progress(edge: Edge, file: StoredFile, there: dict[int, int]) -> dict[str, Any]:
    parts = [{"offset": offset, "size": size} for offset, size in there.items()]
    return {
        **repository.as_json(file),
        "part_size": edge.runtime.settings.file_part_size,
        "received": parts,
    }


def _shape(request: Request) -> tuple[int | None, bool]:
    """What of the file is wanted: a preview of some pixels, or all of it; to show or to keep."""
    asked = query(request, "size", "download")
    size = asked.get("size")
    if size is not None and size not in map(str, SIZES):
        known = ", ".join(map(str, SIZES))
        message = text(f"应为 {known} 之一。", f"One of {known} is expected.")
        raise Invalid([error("invalid_parameter", "/size", message)])
    return (int(size) if size else None), flag(asked, "download")


def source_of(given: dict[str, Any]) -> str | None:
    source = given.get("source")
    if source is not None and source not in SOURCES:
        known = ", ".join(SOURCES)
        message = text(f"应为 {known} 之一。", f"One of {known} is expected.")
        raise Invalid([error("invalid_parameter", "/source", message)])
    return cast("str | None", source)


def _sha256(given: dict[str, Any]) -> str | None:
    value = given.get("sha256")
    if value is None:
        return None
    if not SHA256.match(value.lower()):
        message = text("应为 64 位十六进制的 SHA-256。", "A SHA-256 as 64 hexadecimal digits is expected.")
        raise Invalid([error("invalid_parameter", "/sha256", message)])
    return str(value.lower())
