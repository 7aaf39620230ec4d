"""One bash for a whole page: each block is sourced in it, so that variables and functions stay."""

from __future__ import annotations

import os
import random
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from tests.docs.pages import ROOT, Step, fits

MARK = b"\0"
DEADLINE = 300.0


class Shell:
    """Stops at the first command that fails, as a reader would."""

    def __init__(self, folder: Path, environment: Mapping[str, str], at: Path = ROOT) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=at,
            env={**_clean(), **environment},
            start_new_session=True,
        )

    def run(self, code: str) -> str:
        """What the commands print. Raises AssertionError when one of them fails or the time is over."""
        path = self.folder / "block.sh"
        path.write_text(code, "utf-8")
        assert self._process.stdin is not None
        self._process.stdin.write(f". {path} < /dev/null; printf '\\0'\n".encode())
        self._process.stdin.flush()
        return self._read().decode()

    def follow(self, steps: list[Step]) -> None:
        """Run every step; fails at the first one whose answer is not what the page shows."""
        for step in steps:
            output = self.run(step.command.text)
            if step.expected is None:
                assert not output.strip(), (
                    f"{step.command.place} answers, and the page does not say so:\n{output}"
                )
            else:
                assert fits(step.expected, output), f"{step.expected.place} is not what came:\n{output}"

    def begin(self, steps: list[Step], demo: Path) -> None:
        """Run the start of the tour as who comes back to a demo: its data folder is a copy of `demo`."""
        first, *rest = steps
        folder, _, code = first.command.text.partition("\n")
        assert folder.endswith("FOURFOLD_HOME=$(mktemp -d)"), folder
        self.run(f'{folder}\ncp -r {demo}/. "$FOURFOLD_HOME"\n')
        self.follow([replace(first, command=replace(first.command, text=code)), *rest])

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        until = time.monotonic() + DEADLINE
        output = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            while not output.endswith(MARK):
                left = until - time.monotonic()
                ready = waiting.select(max(left, 0))
                assert ready, f"no end within {DEADLINE} s:\n{output.decode()}"
                part = os.read(self._process.stdout.fileno(), 65536)
                assert part, f"a command failed:\n{output.decode()}"
                output += part
        return output.removesuffix(MARK)

    @property
    def ended(self) -> bool:
        """Whether a command has failed, which ends the shell."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the shell and everything it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def shell(folder: Path, **environment: str) -> Iterator[Shell]:
    """A shell whose commands find `fourfold` and `python`, at free ports, with its files below `folder`."""
    (folder / "commands").mkdir()
    _commands(folder / "commands")
    short = tempfile.mkdtemp(prefix="ff")  # a path to a unix socket has room for a hundred characters
    given = {
        "PATH": f"{os.environ['PATH']}:{folder / 'commands'}",
        "TMPDIR": short,
        "FOURFOLD_PORT": str(two_free_ports()),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    try:
        with Shell(folder, {**given, **environment}) as opened:
            yield opened
    finally:
        shutil.rmtree(short, ignore_errors=True)


def _commands(folder: Path) -> None:
    """`fourfold` and `python` for a checkout where `make install` put them elsewhere."""
    (folder / "python").symlink_to(sys.executable)
    script = folder / "fourfold"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m api.cli "$@"\n')
    script.chmod(0o755)


def two_free_ports() -> int:
    """A free port whose successor is free too, below those that the system gives to whoever connects: a tour
    takes minutes.
    """
    for port in random.sample(range(20_000, 32_000), 50):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two free ports")


def _clean() -> dict[str, str]:
    """The environment without settings of this product and without proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FOURFOLD_") and not name.lower().endswith("_proxy")
    }
