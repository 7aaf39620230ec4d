"""Durable jobs and timers."""

from engine.jobs.repository import Job, cancel, enqueue, retry

__all__ = ["Job", "cancel", "enqueue", "retry"]
