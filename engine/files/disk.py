"""Files in a folder: the default store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.files.store import BLOCK, Blob, BlobMissing, FileStore, checked_key


class DiskStore(FileStore):
    """One file per blob below `folder`. A blob is synced before its name appears."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, path: Path) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.replace(target)
        _sync_folder(target.parent)

    @contextmanager
    def open(self, key: str) -> Iterator[Blob]:
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY)
        except FileNotFoundError:
            raise BlobMissing() from None
        try:
            yield DiskBlob(descriptor)
        finally:
            os.close(descriptor)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        folder = self._path(prefix)
        return {
            path.relative_to(self.folder).as_posix(): path.stat().st_size
            for path in folder.rglob("*")
            if path.is_file()
        }

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            path = self._path(key)
            path.unlink(missing_ok=True)
            if not key.startswith("original/"):  # the folders of days are few and stay
                _remove_empty(path.parent)

    def _path(self, key: str) -> Path:
        return self.folder / checked_key(key)


class DiskBlob(Blob):
    """An open file; it can be read to its end even when its name is removed meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, start: int, length: int) -> Iterator[bytes]:
        end = start + length
        while start < end:
            block = os.pread(self._descriptor, min(BLOCK, end - start), start)
            if not block:
                raise BlobMissing()
            start += len(block)
            yield block


def _sync_folder(folder: Path) -> None:
    """The new name itself survives a power cut only once its folder is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # another blob lies there
