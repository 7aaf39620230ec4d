"""The composition root: every built-in extension, every table, and how a runtime is made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import MetaData

import engine.built_ins
import engine.changes.tables
import engine.connect.tables
import engine.definitions.tables
import engine.files.tables
import engine.identity.tables
import engine.permissions.tables
import engine.reads.tables
import flows.built_ins
import flows.tables
import forms.built_ins
import forms.bulk.tables
import forms.comments.tables
import forms.evolution.tables
import forms.public_links.tables
import forms.search.tables
import forms.transfers.tables
import reports.built_ins
import rules.built_ins
import rules.tables
from engine.clock import Clock
from engine.plugins import extensions
from engine.runtime import Runtime
from engine.settings import Settings
from engine.storage import tables

BUILT_INS: tuple[type[Any], ...] = (
    *engine.built_ins.BUILT_INS,
    *forms.built_ins.BUILT_INS,
    *flows.built_ins.BUILT_INS,
    *rules.built_ins.BUILT_INS,
    *reports.built_ins.BUILT_INS,
)

# Importing them fills the metadata.
TABLE_MODULES = (
    tables,
    engine.changes.tables,
    engine.definitions.tables,
    engine.reads.tables,
    engine.identity.tables,
    engine.permissions.tables,
    engine.connect.tables,
    engine.files.tables,
    flows.tables,
    forms.bulk.tables,
    forms.comments.tables,
    forms.evolution.tables,
    forms.public_links.tables,
    forms.search.tables,
    forms.transfers.tables,
    rules.tables,
)


def metadata() -> MetaData:
    """The platform's own tables of all packages."""
    return tables.metadata


def build(settings: Settings, *, clock: Clock | None = None, extra: Iterable[Any] = ()) -> Runtime:
    """A runtime with all built-ins, installed plugins and `extra` extension classes."""
    return Runtime(settings, [*extensions(BUILT_INS), *extra], clock=clock)
