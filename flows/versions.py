"""Instances keep the graph they started with, whatever is published later."""

from __future__ import annotations

from engine.storage.unit_of_work import UnitOfWork
from flows.compiled import CompiledFlow
from flows.errors import InstanceNotFound
from flows.repository import Instance


def pinned_flow(work: UnitOfWork, instance: Instance) -> CompiledFlow:
    """The flow of the version that `instance` started with. Raises InstanceNotFound."""
    app = work.app(instance.app)
    if app.version != instance.version:
        app = work.runtime.version(work, instance.app, instance.version)
    flow = app.kind("flow").get(instance.flow)
    if flow is None:
        app.require_whole("flow", instance.flow)
        raise InstanceNotFound(details={"flow": instance.flow, "version": instance.version})
    return flow  # type: ignore[no-any-return]
