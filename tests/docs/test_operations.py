"""The commands of docs/operations.md: first start, single roles, backup and restore."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import steps
from tests.docs.shell import shell


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_for_operators(tmp_path: Path) -> None:
    with shell(tmp_path) as opened:
        opened.follow(steps("operations.md"))
