"""The file store of this process, and the folder through which files pass."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.files.disk import DiskStore
from engine.files.store import FileStore
from engine.runtime import Runtime
from engine.settings import Settings

SERVICE = "files"

_opening = threading.Lock()


def open_store(settings: Settings) -> FileStore:
    """The bucket if there is one, else the folder."""
    if not settings.files_bucket:
        return DiskStore(settings.file_folder())
    from engine.files.s3 import S3Store  # its library takes half a second to load

    return S3Store(
        settings.files_bucket,
        prefix=settings.files_prefix,
        endpoint=settings.files_endpoint,
        region=settings.files_region,
        key_id=settings.files_key_id,
        key=settings.files_key.get_secret_value(),
    )


def store_of(runtime: Runtime) -> FileStore:
    """The store, opened when it is first asked for and closed with the runtime."""
    with _opening:
        if SERVICE not in runtime.services:
            runtime.services[SERVICE] = open_store(runtime.settings)
        store: FileStore = runtime.services[SERVICE]
    return store


def incoming_folder(settings: Settings) -> Path:
    """Where files lie while they come in; beside the store, so that taking one is a change of its name."""
    folder = settings.file_folder() / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """An empty file of this process alone, removed at the end of the block unless the store took it."""
    descriptor, name = tempfile.mkstemp(dir=incoming_folder(settings))
    path = Path(name)
    try:
        with open(descriptor, "wb"):
            yield path
    finally:
        path.unlink(missing_ok=True)
