"""The command line, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
APP = {
    "app.json": {"key": "shop", "label": {"zh": "小店", "en": "Shop"}},
    "forms/note.json": {
        "key": "note",
        "label": {"zh": "便签", "en": "Note"},
        "title": "text",
        "fields": [{"key": "text", "type": "text", "label": {"zh": "内容", "en": "Text"}, "required": True}],
    },
}


def fourfold(home, *words, given=""):
    environment = {**os.environ, "FOURFOLD_HOME": str(home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=home,
    )


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "shop"
    for name, document in APP.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False))
    return made


def test_help_lists_the_commands(tmp_path):
    told = fourfold(tmp_path, "--help").stdout
    for command in ("serve", "api", "worker", "reports", "demo", "migrate", "app", "admin"):
        assert command in told


def test_app_is_checked_applied_twice_and_exported(tmp_path, folder):
    checked = fourfold(tmp_path, "app", "check", str(folder))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    first = fourfold(tmp_path, "app", "apply", str(folder))
    assert first.returncode == 0, first.stdout + first.stderr
    assert "published, v1" in first.stdout
    second = fourfold(tmp_path, "app", "apply", str(folder))
    assert "nothing changed, v1" in second.stdout
    exported = tmp_path / "out"
    assert fourfold(tmp_path, "app", "export", "shop", str(exported)).returncode == 0
    for name, document in APP.items():
        assert json.loads((exported / name).read_text()) == document


def test_broken_app_is_refused_with_a_pointer(tmp_path, folder):
    (folder / "forms" / "note.json").write_text(json.dumps({**APP["forms/note.json"], "colour": "red"}))
    checked = fourfold(tmp_path, "app", "check", str(folder))
    assert checked.returncode == 1
    assert "/forms/note/colour" in checked.stdout
    applied = fourfold(tmp_path, "app", "apply", str(folder))
    assert applied.returncode == 1
    assert "/forms/note/colour" in applied.stdout
    assert "Traceback" not in applied.stderr


def test_administrator_is_created_with_the_password_from_standard_input(tmp_path):
    short = fourfold(tmp_path, "admin", "create", given="short\n")
    assert short.returncode == 1
    assert "weak_password" in short.stderr
    made = fourfold(tmp_path, "admin", "create", "boss", given="correct horse\n")
    assert made.returncode == 0, made.stderr
    again = fourfold(tmp_path, "admin", "create", "boss", given="another horse\n")
    assert again.returncode == 0, again.stderr


def test_processes_refuse_tables_of_another_release(tmp_path):
    refused = fourfold(tmp_path, "worker")
    assert refused.returncode == 1
    assert "not_migrated" in refused.stderr
