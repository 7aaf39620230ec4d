"""The folder of one import or export in the data folder: its file and what is written while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.runtime import Runtime


def folder_of(runtime: Runtime, key: str) -> Path:
    """The folder, made when it is not there. `key` is an id of ours, never a name that people give."""
    place = runtime.settings.home / "transfers" / key
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def drop_folder(runtime: Runtime, key: str) -> None:
    """Remove the folder with all that is in it."""
    shutil.rmtree(runtime.settings.home / "transfers" / key, ignore_errors=True)
