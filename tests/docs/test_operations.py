"""The commands of docs/operations.md: first start, single roles, backup and restore."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import blocks, steps
from tests.docs.shell import shell


def test_servers_keep_nothing_of_the_shell_open() -> None:
    """A server that holds the shell's output keeps its reader waiting after a command failed."""
    lines = [line for block in blocks("operations.md", "bash") for line in block.text.splitlines()]
    servers = [line for line in lines if line.endswith(" &")]
    assert len(servers) == 5
    assert [line for line in servers if "&>" not in line] == []


def test_a_server_that_does_not_come_fails_the_block_at_once(tmp_path: Path) -> None:
    with shell(tmp_path) as opened, pytest.raises(AssertionError, match="a command failed"):
        ready = next(
            line for line in steps("operations.md")[0].command.text.splitlines() if "ready()" in line
        )
        ready = ready.replace("--retry 90", "--retry 1")
        opened.run(
            f"{ready}\nsleep 60 &> {tmp_path}/log &\nready --unix-socket {tmp_path}/none http://reports/\n"
        )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_for_operators(tmp_path: Path) -> None:
    with shell(tmp_path) as opened:
        opened.follow(steps("operations.md"))
