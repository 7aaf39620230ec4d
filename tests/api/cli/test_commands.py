"""The command line, as a user types it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from api.boot import build
from api.cli.main import run
from engine.identity.sessions import Sessions
from engine.settings import Settings

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


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def fourfold(monkeypatch, capsys, tmp_path):
    """`fourfold("app", "check", folder)`: the command in this process, with a data folder of its own."""
    monkeypatch.setenv("FOURFOLD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*words, given=""):
        monkeypatch.setattr(sys, "argv", ["fourfold", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    yield call
    structlog.reset_defaults()  # what ran logged into this test's standard error


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "shop"
    for name, document in APP.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False))
    return made


def test_help_lists_the_commands():
    told = subprocess.run(
        [sys.executable, "-m", "api.cli", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    for command in ("serve", "api", "worker", "reports", "demo", "migrate", "app", "admin"):
        assert command in told.stdout


def test_app_is_checked_applied_twice_and_exported(fourfold, folder, tmp_path):
    assert fourfold("app", "check", folder).code == 0
    assert fourfold("app", "apply", folder, "--plan").code == 0
    first = fourfold("app", "apply", folder)
    assert (first.code, "published, v1" in first.out) == (0, True)
    assert "nothing changed, v1" in fourfold("app", "apply", folder).out
    exported = tmp_path / "out"
    assert fourfold("app", "export", "shop", exported).code == 0
    for name, document in APP.items():
        assert json.loads((exported / name).read_text()) == document


def test_export_leaves_a_folder_of_others_alone(fourfold, folder, tmp_path):
    assert fourfold("app", "apply", folder).code == 0
    (tmp_path / "work" / "reports").mkdir(parents=True)
    (tmp_path / "work" / "reports" / "mine.json").write_text("mine")
    refused = fourfold("app", "export", "shop", tmp_path / "work")
    assert (refused.code, "folder_not_empty" in refused.err) == (1, True)
    assert (tmp_path / "work" / "reports" / "mine.json").read_text() == "mine"
    assert fourfold("app", "export", "shop", folder).code == 0


def test_broken_app_is_refused_with_a_pointer(fourfold, folder):
    (folder / "forms" / "note.json").write_text(json.dumps({**APP["forms/note.json"], "colour": "red"}))
    for command in ("check", "apply"):
        refused = fourfold("app", command, folder)
        assert refused.code == 1
        assert "/forms/note/colour" in refused.out


def test_edits_on_both_sides_are_compared_and_kept_apart(fourfold, folder, tmp_path):
    assert fourfold("app", "apply", folder).code == 0
    assert fourfold("app", "diff", folder).code == 0
    other = tmp_path / "other"
    assert fourfold("app", "export", "shop", other).code == 0
    theirs = json.loads((other / "forms" / "note.json").read_text())
    theirs["label"]["en"] = "Memo"
    (other / "forms" / "note.json").write_text(json.dumps(theirs))
    kept = fourfold("app", "export", "shop", other)
    assert (kept.code, "local_changes" in kept.err) == (1, True)
    assert fourfold("app", "apply", other).code == 0
    mine = {**APP["forms/note.json"], "label": {"zh": "便签", "en": "Sticker"}}
    (folder / "forms" / "note.json").write_text(json.dumps(mine))
    told = fourfold("app", "diff", folder)
    assert (told.code, "changed on both" in told.out, "/label/en" in told.out) == (1, True, True)
    assert fourfold("app", "plan", folder).code == 1
    refused = fourfold("app", "apply", folder)
    assert (refused.code, "drifted" in refused.err) == (1, True)
    taken = fourfold("app", "apply", folder, "--take-theirs", "forms/note")
    assert "nothing changed" in taken.out
    assert json.loads((folder / "forms" / "note.json").read_text())["label"]["en"] == "Memo"
    assert fourfold("app", "diff", folder).code == 0


def suite(*steps):
    label = {"zh": "用例", "en": "Cases"}
    return {"key": "notes", "label": label, "cases": [{"key": "one", "steps": list(steps)}]}


def test_cases_of_an_app_are_run_in_a_store_of_their_own(fourfold, folder, tmp_path):
    (folder / "tests").mkdir()
    written = {"type": "create", "form": "note", "name": "n", "values": {"text": "hello"}}
    place = folder / "tests" / "notes.json"
    place.write_text(json.dumps(suite(written, {"type": "expect_count", "form": "note", "count": 1})))
    passed = fourfold("app", "test", folder)
    assert (passed.code, "passed: 1" in passed.out) == (0, True)
    place.write_text(
        json.dumps(suite(written, {"type": "expect", "record": "$n", "values": {"text": "bye"}}))
    )
    failed = fourfold("app", "test", folder, "--only", "notes")
    assert failed.code == 1
    assert "/tests/notes/cases/0/steps/1/values/text" in failed.out
    assert not (tmp_path / "home").exists()
    unknown = fourfold("app", "test", folder, "--only", "none")
    assert (unknown.code, "suite_not_found" in unknown.err) == (1, True)


def test_a_form_is_drafted_from_files_and_loaded(fourfold, folder, tmp_path):
    assert fourfold("app", "apply", folder).code == 0
    (tmp_path / "people.csv").write_text("名称,年龄\n甲,31\n乙,42\n")
    drafted = fourfold("app", "form", "shop", tmp_path / "people.csv", "--key", "people")
    assert (drafted.code, "nian_ling" in drafted.out, "int" in drafted.out) == (0, True, True)
    (tmp_path / "thing.json").write_text(json.dumps({"properties": {"name": {"type": "string"}}}))
    assert fourfold("app", "form", "shop", tmp_path / "thing.json", "--key", "thing").code == 0
    assert fourfold("app", "form", "shop", tmp_path / "people.csv", "--key", "thing").code == 1
    loaded = fourfold("app", "form", "shop", tmp_path / "people.csv", "--key", "person", "--load")
    assert (loaded.code, "inserted: 2" in loaded.out, "v2" in loaded.out) == (0, True, True)


def test_unknown_app_cannot_be_exported(fourfold, tmp_path):
    assert fourfold("migrate").code == 0
    refused = fourfold("app", "export", "none", tmp_path / "out")
    assert (refused.code, "app_not_found" in refused.err) == (1, True)


def test_administrator_is_created_with_the_password_from_standard_input(fourfold, tmp_path):
    short = fourfold("admin", "create", given="short\n")
    assert (short.code, "weak_password" in short.err) == (1, True)
    assert fourfold("admin", "create", "boss", given="correct horse\n").code == 0
    assert fourfold("admin", "create", "boss", given="another horse\n").code == 0
    runtime = build(Settings(home=tmp_path / "home"))
    assert Sessions(runtime).check_password("boss", "another horse") == "boss"
    runtime.close()


def test_processes_refuse_tables_of_another_release(fourfold):
    refused = fourfold("worker")
    assert (refused.code, "not_migrated" in refused.err) == (1, True)


def test_keys_are_made_listed_rotated_and_retired(fourfold, tmp_path):
    made = fourfold("keys", "create")
    first = made.out.split()[0]
    path = tmp_path / "home" / "keys.json"
    assert (made.code, path.stat().st_mode & 0o777) == (0, 0o600)
    assert fourfold("keys", "create").code == 1
    assert fourfold("migrate").code == 0
    second = fourfold("keys", "rotate").out.strip()
    listed = fourfold("keys", "list").out.splitlines()
    assert [line.split()[0] for line in listed] == [first, second]
    assert "current" in listed[1]
    assert fourfold("keys", "retire").out.split() == [first]
    assert set(json.loads(path.read_text())["keys"]) == {second}


def test_keys_that_are_not_where_the_setting_says_are_named(fourfold, monkeypatch, tmp_path):
    monkeypatch.setenv("FOURFOLD_KEYS", str(tmp_path / "elsewhere.json"))
    fourfold("migrate")
    outcome = fourfold("keys", "list")
    assert outcome.code == 1
    assert "keys_missing" in outcome.out + outcome.err
