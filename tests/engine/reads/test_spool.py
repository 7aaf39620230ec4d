"""The spool of the access log: nothing is lost silently, and it does not grow without bound."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.reads.spool import AccessLogFull, Spool, lines_of


def stored(spool: Spool) -> list[bytes]:
    spool.turn()
    found = []
    for path in spool.full():
        found += lines_of(path)
        spool.done(path)
    return found


def test_lines_come_out_in_order_and_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add(b"1")
    spool.add(b"2")
    assert stored(spool) == [b"1", b"2"]
    spool.add(b"3")
    assert stored(spool) == [b"3"]
    assert stored(spool) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_found(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from engine.reads.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1])); spool.add(b'old'); spool.turn(); spool.add(b'left')\n"
        "os.write(spool._handle, b'half'); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path.cwd())
    assert done.returncode == 9
    assert sorted(stored(Spool(tmp_path))) == [b"left", b"old"]


def test_what_a_living_process_writes_is_left_to_it(tmp_path: Path) -> None:
    other = tmp_path / f"{os.getppid()}-abc.0.open"
    other.write_bytes(b"busy\n")
    assert stored(Spool(tmp_path)) == []
    assert other.exists()


def test_a_process_with_the_number_of_a_dead_one_takes_its_lines(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}-0123.0.open").write_bytes(b"before the restart\n")
    assert stored(Spool(tmp_path)) == [b"before the restart"]


def test_a_full_spool_refuses_until_it_is_emptied(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=10)
    spool.add(b"12345678")
    with pytest.raises(AccessLogFull):
        spool.add(b"9")
    assert stored(spool) == [b"12345678"]
    spool.add(b"9")


def test_a_folder_that_cannot_be_written_refuses(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "reads")
    (tmp_path / "reads").rmdir()
    with pytest.raises(AccessLogFull):
        spool.add(b"1")
