"""The commands of docs/folders.md, as a reader types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import steps
from tests.docs.shell import shell


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_commands_of_the_page(tmp_path: Path) -> None:
    with shell(tmp_path, FOURFOLD_HOME=str(tmp_path / "home")) as opened:
        opened.run(f"cd {tmp_path}")
        opened.follow(steps("folders.md"))
