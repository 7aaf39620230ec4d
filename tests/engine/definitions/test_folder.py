"""Apps on disk: links lead nowhere, and an export never takes away what is not its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import kinds
from engine.definitions.folder import FolderIsLink, FolderNotEmpty, read_folder, write_folder
from engine.plugins import extensions
from engine.registry import fill
from tests.forms.shop import SHOP

KINDS = kinds(fill(extensions(BUILT_INS)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    write_folder(made, SHOP, KINDS)
    return made


def test_a_linked_folder_is_not_read(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (folder / "forms").rename(elsewhere)
    (folder / "forms").symlink_to(elsewhere)
    documents, findings = read_folder(folder, KINDS)
    assert [(each.code, each.pointer) for each in findings] == [("file_refused", "/forms")]
    assert "form" not in documents


def test_a_linked_file_and_a_folder_named_like_a_file_are_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"key": "secret"}')
    (folder / "forms" / "secret.json").symlink_to(tmp_path / "secret.json")
    (folder / "forms" / "folder.json").mkdir()
    documents, findings = read_folder(folder, KINDS)
    assert {each.pointer for each in findings} == {"/forms/secret", "/forms/folder"}
    assert set(documents["form"]) == set(SHOP["form"])


@pytest.mark.parametrize("settings", [None, "{", '{"key": "other"}', "[]"])
def test_a_folder_of_others_is_left_alone(tmp_path: Path, settings: str | None) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "sales.json").write_text("mine")
    if settings is not None:
        (tmp_path / "app.json").write_text(settings)
    with pytest.raises(FolderNotEmpty) as refused:
        write_folder(tmp_path, SHOP, KINDS)
    assert refused.value.message["zh"]
    assert (tmp_path / "reports" / "sales.json").read_text() == "mine"
    assert not (tmp_path / "forms").exists()


def test_an_empty_folder_and_an_earlier_export_are_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write_folder(tmp_path / "empty", SHOP, KINDS)
    (folder / "forms" / "gone.json").write_text("{}")
    (folder / "docs").mkdir()
    (folder / "docs" / "notes.json").write_text("mine")
    write_folder(folder, SHOP, KINDS)
    assert not (folder / "forms" / "gone.json").exists()
    assert (folder / "docs" / "notes.json").read_text() == "mine"


def test_nothing_is_written_or_removed_through_links(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.json").write_text("mine")
    (folder / "reports").symlink_to(elsewhere)
    with pytest.raises(FolderIsLink):
        write_folder(folder, SHOP, KINDS)
    (folder / "reports").unlink()
    form = next(iter(SHOP["form"]))
    (folder / "forms" / f"{form}.json").unlink()
    (folder / "forms" / f"{form}.json").symlink_to(elsewhere / "mine.json")
    write_folder(folder, SHOP, KINDS)
    assert (elsewhere / "mine.json").read_text() == "mine"
    assert json.loads((folder / "forms" / f"{form}.json").read_text())["key"] == form
