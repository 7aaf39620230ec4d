"""The child processes that read files, seen from the process that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson

import forms
from engine.runtime import Runtime
from forms.imports.parse import write_whole

SERVICE = "import readers"


class Readers:
    """One per process. A reader that is asked for again after its process has ended without an answer
    starts anew: what it writes is the same every time.
    """

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def wait(self, folder: Path, asked: dict[str, Any], *, seconds: float) -> dict[str, Any] | None:
        """What `parsed.json` says, once the file of a folder is read; None when that takes longer."""
        done = folder / "parsed.json"
        if not done.exists():
            with self._lock:
                running = self._running.get(folder.name)
                if running is None:
                    write_whole(folder / "source.json", asked)
                    running = self._running[folder.name] = start(folder)
            try:
                running.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                return None
            self._running.pop(folder.name, None)
            if not done.exists():
                # it was killed: by its own limits, most likely
                write_whole(done, {"refusal": _died(running.returncode)})
        found: dict[str, Any] = orjson.loads(done.read_bytes())
        return found

    def stop(self, folder: Path) -> None:
        """End the reader of a folder, if there is one."""
        running = self._running.pop(folder.name, None)
        if running is not None:
            running.kill()
            running.wait()

    def close(self) -> None:
        """End all of them; files are read again after a restart."""
        for name in list(self._running):
            self.stop(Path(name))


def readers(runtime: Runtime) -> Readers:
    """The readers of this process."""
    found: Readers = runtime.services.setdefault(SERVICE, Readers())
    return found


def rows_read(folder: Path) -> int:
    """How many rows a running reader has said it has read."""
    news = folder / "progress.json"
    return int(orjson.loads(news.read_bytes())["rows"]) if news.exists() else 0


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A process that reads the upload described in `folder/source.json` and ends with `folder/parsed.json`."""
    # nothing of our environment: what a hostile file might take over must find no secrets
    places = os.pathsep.join([str(Path(forms.__file__).parent.parent), *filter(None, sys.path)])
    return subprocess.Popen(  # noqa: S603  our own interpreter and module; the folder's name is an id of ours
        [sys.executable, "-m", "forms.imports.parse", str(folder.absolute())],
        env={"PYTHONPATH": places, "PYTHONUTF8": "1", "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _died(code: int) -> dict[str, Any]:
    return {
        "code": "too_large",
        "message": {
            "zh": "读取文件时超出内存或时间限制。",
            "en": "Reading the file took more memory or time than is allowed.",
        },
        "fix": {
            "zh": "请拆分文件，或另存为 CSV 后再导入。",
            "en": "Split the file, or save it as CSV and import that.",
        },
        "details": {"exit": code},
    }
