"""The app that the examples of docs/designer.md make together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import blocks


@pytest.fixture
def repair_folder(tmp_path: Path) -> Path:
    """The documents of the designers' guide as an app folder."""
    folder = tmp_path / "repair"
    for block in blocks("designer.md", "json"):
        assert block.name, f"{block.place} has no file name above it"
        path = folder / block.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
    return folder
