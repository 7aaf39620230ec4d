"""The job `file_strip`: a picture in a field that strips metadata is kept without it."""

from __future__ import annotations

from datetime import timedelta

from engine.files import repository
from engine.files.images import BrokenPicture
from engine.files.metadata import strip
from engine.files.opened import scratch, store_of
from engine.files.repository import StoredFile
from engine.files.store import CLEAN, Blob
from engine.identity.principal import SYSTEM
from engine.jobs import Job, enqueue
from engine.jobs.worker import PermanentFailure
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork

STILL_READ = timedelta(minutes=10)
"""Somebody who asked a moment ago is still being sent the old content."""


class FileStrip(JobHandler):
    """Payload: `file`. The content without metadata takes the place of the uploaded one."""

    type = "file_strip"

    def reach(self, runtime: Runtime, job: Job) -> None:
        with runtime.reading(SYSTEM) as work:
            file = repository.find(work, job.payload["file"])
        if file is None or file.stripped:
            return
        store = store_of(runtime)
        with store.open(file.place) as blob:
            try:
                data = stripped(blob, file)
            except BrokenPicture as broken:
                raise PermanentFailure() from broken
        with scratch(runtime.settings) as path:
            path.write_bytes(data)
            store.put(file.place + CLEAN, path)

    def run(self, work: UnitOfWork, job: Job) -> None:
        file = repository.find(work, job.payload["file"])
        if file is None or file.stripped:
            return
        clean = file.place + CLEAN
        with store_of(work.runtime).open(clean) as blob:
            size = blob.size
        if repository.replace_content(work, file.id, clean, size):
            later = work.now + STILL_READ
            enqueue(work, "file_remove", {"keys": [file.place]}, due=later, unique=f"file_strip:{file.id}")


def stripped(blob: Blob, file: StoredFile) -> bytes:
    """The content of a picture without metadata. Raises BrokenPicture."""
    data = b"".join(blob.read(0, blob.size))
    return strip(data, str(file.type), int((file.about or {}).get("turn", 1)))
