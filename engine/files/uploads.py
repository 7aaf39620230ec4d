"""Uploads: begun, sent in parts, completed. Until a record holds a file it is its uploader's alone.

A row says that a file is coming before its bytes reach the store: whatever breaks off between, the row leads
to what must be cleaned away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.errors import Conflict, EngineError, NotFound
from engine.files import repository
from engine.files.inspect import Facts, FileRefused, FileTooLarge
from engine.files.names import clean_name
from engine.files.repository import StoredFile
from engine.files.store import FileStore, part_key, part_prefix, place_of
from engine.findings import text
from engine.identity.errands import remember, same_rights
from engine.ids import new_id
from engine.jobs import enqueue
from engine.storage.unit_of_work import UnitOfWork

SOURCES = ("camera", "gallery", "file")


class UploadNotFound(NotFound):
    """There is no such upload of yours."""

    code = "upload_not_found"
    zh = "没有您上传的该文件。"
    fix_zh = "请重新上传。"
    fix_en = "Upload it again."


class UploadClosed(Conflict):
    """The upload is complete; its content does not change any more."""

    code = "upload_closed"
    zh = "上传已完成，内容不能再改。"
    fix_zh = "如需更换，请上传新文件。"
    fix_en = "Upload a new file instead."


class FileHeld(Conflict):
    """A record holds this file, so it cannot be removed here."""

    code = "file_held"
    zh = "该文件已归入记录，不能在此删除。"
    fix_zh = "请在记录中移除该文件。"
    fix_en = "Remove it from the record."


class PartOutOfPlace(EngineError):
    """A part begins at a multiple of the part size and is as long as that, but for the last one."""

    code = "part_out_of_place"
    zh = "分片的起点应为分片大小的整数倍，长度应等于分片大小（最后一片除外）。"
    fix_zh = "请按 part_size 切分文件。"
    fix_en = "Cut the file at multiples of `part_size`."


class PartsMissing(Conflict):
    """Some parts have not been received."""

    code = "parts_missing"
    zh = "还有分片未收到。"
    fix_zh = "请补传 details 中列出的分片。"
    fix_en = "Send the parts whose offsets the details name."


class HashMismatch(EngineError):
    """What was received is not what was sent: the SHA-256 differs."""

    code = "hash_mismatch"
    zh = "收到的内容与原文件不一致（SHA-256 不同）。"
    fix_zh = "请重新上传。"
    fix_en = "Send it again."


class QuotaReached(FileRefused):
    """You have uploaded too much that no record holds yet."""

    code = "upload_quota"
    zh = "您已上传但未归入记录的文件过多。"
    fix_zh = "请先保存相应记录，或删除不需要的上传。"
    fix_en = "Save the records they belong to, or remove uploads you do not need."


def begin(work: UnitOfWork, name: str, size: int, source: str | None) -> StoredFile:
    """A new file of who acts. Raises FileTooLarge, QuotaReached."""
    settings = work.runtime.settings
    if size > settings.file_limit:
        raise too_large(settings.file_limit)
    if repository.loose_bytes(work, work.principal.user) + size > settings.file_quota:
        raise QuotaReached(details={"quota": settings.file_quota})
    file = new_id()
    place = place_of(file, work.now)
    repository.add(work, file, name=clean_name(name), size=size, place=place, source=source)
    remember(work, file)
    return own(work, file)


def own(work: UnitOfWork, file: str) -> StoredFile:
    """A file that who acts uploaded; with a narrow token, one that came with such a token. Raises
    UploadNotFound.
    """
    found = repository.find(work, file)
    if found is None or found.uploaded_by != work.principal.user or not same_rights(work, file):
        raise UploadNotFound()
    return found


def own_loose(work: UnitOfWork, file: str) -> StoredFile:
    """A file that is only its uploader's: who reads it through a record needs the rights of that record.
    Raises UploadNotFound.
    """
    found = own(work, file)
    if found.loose_since is None:
        raise UploadNotFound()
    return found


def receiving(work: UnitOfWork, file: str) -> StoredFile:
    """An own upload that is not complete. Raises UploadNotFound, UploadClosed."""
    found = own(work, file)
    if found.state != "receiving":
        raise UploadClosed()
    return found


def settle(work: UnitOfWork, file: str, facts: Facts, *, parts: bool = False) -> StoredFile:
    """The content lies in the store: the file is there; its parts go. Raises UploadNotFound."""
    if not repository.settle(work, file, facts):
        return own(work, file)  # two completed it at once; both put the same content there
    if parts:
        enqueue(work, "file_remove", {"parts": [file]}, unique=f"file_parts:{file}")
    return own(work, file)


def discard(work: UnitOfWork, file: str) -> None:
    """Remove an own upload. Raises UploadNotFound, FileHeld."""
    own(work, file)
    if not repository.mark_removing(work, file):
        raise FileHeld()
    enqueue(work, "file_remove", {"files": [file]}, unique=f"file_remove:{file}")


def part_lengths(size: int, part_size: int) -> list[int]:
    """Bytes of each part of a file."""
    whole, rest = divmod(size, part_size)
    return [part_size] * whole + ([rest] if rest else [])


def part_at(size: int, offset: int, part_size: int) -> tuple[int, int]:
    """(number, bytes) of the part that begins at `offset`. Raises PartOutOfPlace."""
    number, rest = divmod(offset, part_size)
    lengths = part_lengths(size, part_size)
    if rest or number >= len(lengths):
        raise PartOutOfPlace(details={"part_size": part_size, "size": size})
    return number, lengths[number]


def received(store: FileStore, file: StoredFile, part_size: int) -> dict[int, int]:
    """Offset -> bytes of the parts in the store."""
    sizes = store.sizes(part_prefix(file.id))
    lengths = part_lengths(file.size, part_size)
    keys = {part_key(file.id, number): number for number in range(len(lengths))}
    return {keys[key] * part_size: size for key, size in sorted(sizes.items()) if key in keys}


def assemble(store: FileStore, file: StoredFile, part_size: int, path: Path) -> str:
    """Write all parts into one local file; its SHA-256. Raises PartsMissing."""
    digest = hashlib.sha256()
    lengths, there = part_lengths(file.size, part_size), received(store, file, part_size)
    missing = [n * part_size for n, length in enumerate(lengths) if there.get(n * part_size) != length]
    if missing:
        raise PartsMissing(details={"offsets": missing[:100]})
    with path.open("wb") as target:
        for number, length in enumerate(lengths):
            with store.open(part_key(file.id, number)) as part:
                for block in part.read(0, length):
                    target.write(block)
                    digest.update(block)
    return digest.hexdigest()


def too_large(limit: int) -> FileTooLarge:
    """The refusal of a file over `limit` bytes."""
    shown = megabytes(limit)
    return FileTooLarge(
        text(f"文件过大，最多 {shown} MB。", f"The file is too large; at most {shown} MB are taken."),
        details={"limit": limit},
    )


def megabytes(size: int) -> str:
    """Bytes as people say them: 200, 1.5, 0.02."""
    return f"{size / 1_000_000:.2f}".rstrip("0").rstrip(".")
