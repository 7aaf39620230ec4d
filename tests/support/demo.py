"""The CRM demo, prepared once for all workers of a run: its five thousand records take eight seconds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import fasteners

if TYPE_CHECKING:
    import pytest


def prepared_demo(folders: pytest.TempPathFactory) -> Path:
    """The data folder of a demo that nobody uses, to be copied."""
    own = folders.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo"
    with fasteners.InterProcessLock(place.with_suffix(".lock")):
        if not place.is_dir():
            made = place.with_suffix(".made")
            shutil.rmtree(made, ignore_errors=True)
            _prepare(made)
            made.rename(place)
    return place


def _prepare(home: Path) -> None:
    from api.boot import build
    from api.cli.demo import crm_folder, prepare
    from api.migrations import upgrade
    from engine.settings import Settings

    home.mkdir()
    runtime = build(Settings(home=home))
    try:
        upgrade(runtime.database)
        prepare(runtime, crm_folder())
    finally:
        runtime.close()
