"""Where a read is written down before its answer leaves: a line at the end of a file of this process.

The line survives the process; what a process left behind is found by the next one on this machine. The file
is bounded: where it cannot be emptied into the store, marked values are not shown any more.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.errors import EngineError

OPEN, FULL = ".open", ".full"
LIMIT = 64_000_000
"""Bytes that may wait for the store."""


class AccessLogFull(EngineError):
    """Reads of marked fields cannot be written down at the moment, so their values are not shown."""

    code = "access_log_full"
    zh = "暂时无法记录敏感字段的查阅，因此不予显示。"
    fix_zh = "请联系管理员检查数据库与磁盘空间，稍后再试。"
    fix_en = "Ask an administrator to look at the database and the disk, and try again later."


class Spool:
    """Lines of one process. Threads share it."""

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._mine = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._handle: int | None = None
        self._bytes = 0
        self._turned = 0

    def add(self, line: bytes) -> None:
        """Write a line down. Raises AccessLogFull."""
        with self._lock:
            if self._bytes + len(line) >= self._limit:
                raise AccessLogFull()
            try:
                if self._handle is None:
                    self._handle = os.open(self._path(OPEN), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                written = os.write(self._handle, line + b"\n")
            except OSError as wrong:
                raise AccessLogFull() from wrong
            self._bytes += written

    def turn(self) -> None:
        """Close the file that is being written; the next line begins another one."""
        with self._lock:
            if self._handle is None:
                return
            os.close(self._handle)
            self._handle = None
            self._path(OPEN).rename(self._path(FULL))
            self._turned += 1

    def full(self) -> list[Path]:
        """Files that are ready for the store: those of this process, and of others that are no more."""
        left = [path for path in self._folder.glob(f"*{OPEN}") if self._abandoned(path)]
        return sorted([*self._folder.glob(f"{self._mine}.*{FULL}"), *left, *self._left_full()])

    def _left_full(self) -> Iterator[Path]:
        for path in self._folder.glob(f"*{FULL}"):
            if self._abandoned(path):
                yield path

    def done(self, path: Path) -> None:
        """The lines of a file are in the store."""
        size = path.stat().st_size
        path.unlink()
        if path.name.startswith(self._mine):
            with self._lock:
                self._bytes -= size

    def _path(self, end: str) -> Path:
        return self._folder / f"{self._mine}.{self._turned}{end}"

    def _abandoned(self, path: Path) -> bool:
        owner = path.name.partition(".")[0]
        number = owner.partition("-")[0]
        if owner == self._mine or not number.isdecimal():
            return False
        return int(number) == os.getpid() or not _alive(int(number))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def lines_of(path: Path) -> list[bytes]:
    """The whole lines of a file; a process that was killed may have left half of one."""
    found = path.read_bytes().split(b"\n")
    return [line for line in found[:-1] if line]
