"""Where the bytes of files lie: keys made by the engine, blobs that are there whole or not at all."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from engine.errors import EngineError

BLOCK = 256 * 1024
"""Bytes that are read and sent at a time."""

CLEAN = ".clean"
"""Behind the key of a picture whose metadata was removed."""

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*\Z")


class BlobMissing(EngineError):
    """The content of this file is not in the store."""

    code = "blob_missing"
    zh = "文件内容已不在存储中。"
    fix_zh = "请管理员从备份中恢复文件。"
    fix_en = "Let the operator restore the files from the backup."


class Blob(ABC):
    """The content of one key, open for reading."""

    size: int

    @abstractmethod
    def read(self, start: int, length: int) -> Iterator[bytes]:
        """These bytes in blocks. Raises BlobMissing when it was removed meanwhile."""


class FileStore(ABC):
    """Keeps blobs by key. Every method may be called from several threads."""

    @abstractmethod
    def put(self, key: str, path: Path) -> None:
        """Take the content of a local file, which may be gone afterwards; what the key held is replaced."""

    @abstractmethod
    def open(self, key: str) -> AbstractContextManager[Blob]:
        """The content of a key. Raises BlobMissing."""

    @abstractmethod
    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Bytes of every blob whose key begins with `prefix` and a slash."""

    @abstractmethod
    def remove(self, keys: Iterable[str]) -> None:
        """Remove blobs; a key without one is passed over."""

    def copy_to(self, key: str, path: Path) -> None:
        """The content of a key as a local file. Raises BlobMissing."""
        with self.open(key) as blob, path.open("wb") as target:
            for block in blob.read(0, blob.size):
                target.write(block)


def checked_key(key: str) -> str:
    """The key, which leads nowhere but into the store. Raises ValueError."""
    if not _KEY.match(key) or len(key) > 200:
        raise ValueError(f"not a key of the file store: {key!r}")
    return key


def place_of(file: str, at: datetime) -> str:
    """The key of a file made at that moment: folders by day, so that a backup copies new ones only."""
    return checked_key(f"original/{at:%Y/%m/%d}/{file}")


def part_prefix(file: str) -> str:
    """Before the keys of the parts of a file that is being uploaded."""
    return checked_key(f"part/{file}")


def part_key(file: str, number: int) -> str:
    """The key of one part, counted from 0."""
    return f"{part_prefix(file)}/{number:06d}"


def preview_key(file: str, size: int) -> str:
    """The key of a small picture of a file; a backup may leave these out."""
    return checked_key(f"preview/{file}/{size}.webp")
