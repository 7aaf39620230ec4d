"""Calls that carry values of encrypted fields rest sealed until they are made, as the fields do."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from engine.jobs.repository import Job
from engine.sealing.ring import KeyRing, key_of
from engine.storage.tables import job as table
from engine.storage.unit_of_work import UnitOfWork

JOB = "webhook"
OVER = ("done", "cancelled")


def sealed_call(ring: KeyRing, app: str, url: str, body: Any) -> dict[str, Any]:
    """What the row of the job holds of a call that nobody else should read. Raises KeysMissing."""
    return {"sealed": ring.seal(orjson.dumps({"url": url, "body": body}).decode(), _place(app))}


def opened(ring: KeyRing, job: Job) -> dict[str, Any]:
    """The payload of a call, whether it was sealed or not. Raises KeyUnknown, SealBroken."""
    sealed = job.payload.get("sealed")
    if sealed is None:
        return job.payload
    return {**job.payload, **orjson.loads(ring.unseal(sealed, _place(job.app or "")))}


def keys_of_calls(work: UnitOfWork) -> set[str]:
    """The ids of the keys that calls which may still be made are sealed with."""
    statement = select(table.c.payload).where(table.c.kind == JOB, table.c.state.not_in(OVER))
    sealed = (each.get("sealed") for each in work.connection.execute(statement).scalars())
    return {key for each in sealed if each is not None and (key := key_of(each)) is not None}


def _place(app: str) -> str:
    return f"job/{JOB}/{app}"
