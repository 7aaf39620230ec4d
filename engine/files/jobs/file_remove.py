"""The job `file_remove`: the bytes of files that nobody needs, then their rows."""

from __future__ import annotations

from engine.files import repository
from engine.files.images import SIZES
from engine.files.opened import store_of
from engine.files.store import CLEAN, part_prefix, preview_key
from engine.identity.errands import forget
from engine.identity.principal import SYSTEM
from engine.jobs import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork


class FileRemove(JobHandler):
    """Payload: `files` marked as being removed, `parts` of complete uploads, `keys` of other blobs.

    Rows go last: whatever breaks off before, they still lead to what is left.
    """

    type = "file_remove"

    def reach(self, runtime: Runtime, job: Job) -> None:
        store = store_of(runtime)
        files = job.payload.get("files", [])
        keys = list(job.payload.get("keys", []))
        with runtime.reading(SYSTEM) as work:
            places = repository.places_of_removing(work, files)
        keys += [key for place in places for key in (place, place.removesuffix(CLEAN) + CLEAN)]
        for file in [*files, *job.payload.get("parts", [])]:
            keys += store.sizes(part_prefix(file))
        keys += [preview_key(file, size) for file in files for size in SIZES]
        store.remove(keys)

    def run(self, work: UnitOfWork, job: Job) -> None:
        repository.drop(work, job.payload.get("files", []))
        forget(work, job.payload.get("files", []))
