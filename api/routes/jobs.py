"""Durable jobs: see, run again, cancel. Administrators only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import number, query
from api.edge import read, write
from engine.changes.operations import note
from engine.identity.service import require_admin
from engine.jobs import repository
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("")
async def jobs(request: Request) -> Response:
    """Jobs, the newest first: `?state=ready|running|sending|done|dead|cancelled|unknown&limit=`."""
    asked = query(request, "state", "limit")
    limit = number(asked, "limit", default=100, least=1, most=1000)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_admin(work)
        return [asdict(job) for job in repository.list_jobs(work, state=asked.get("state"), limit=limit)]

    return page(await read(request, find))


@router.get("/{job}")
async def one_job(request: Request, job: str) -> Response:
    """One job with its last error."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_admin(work)
        return asdict(repository.get(work, job))

    return answer(await read(request, find))


@router.post("/{job}:retry")
async def retry_job(request: Request, job: str) -> Response:
    """Run a dead, unknown or cancelled job again from its first attempt."""
    query(request)

    def retry(work: UnitOfWork) -> dict[str, Any]:
        require_admin(work)
        repository.retry(work, job)
        note(work, "job_retried", job)
        return asdict(repository.get(work, job))

    return answer(await write(request, retry))


@router.post("/{job}:cancel")
async def cancel_job(request: Request, job: str) -> Response:
    """Cancel a job that has not started."""
    query(request)

    def cancel(work: UnitOfWork) -> dict[str, Any]:
        require_admin(work)
        repository.get(work, job)
        if not repository.cancel(work, job=job):
            raise repository.JobNotWaiting()
        note(work, "job_cancelled", job)
        return asdict(repository.get(work, job))

    return answer(await write(request, cancel))
