"""The CRM is documents only, and its documents are without fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scenarios.fixture import CRM

DOCUMENTS = sorted(path for path in CRM.rglob("*.json") if ".fourfold" not in path.parts)


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory):
    from api.boot import build
    from engine.settings import Settings

    home = tmp_path_factory.mktemp("documents")
    runtime = build(Settings(home=home, database_url=f"sqlite:///{home}/check.sqlite"))
    yield runtime.registries
    runtime.close()


def test_the_app_checks_without_errors(registries) -> None:
    from engine.definitions.check import check_app, kinds
    from engine.definitions.folder import read_folder

    documents, broken = read_folder(CRM, kinds(registries))
    checked = check_app(documents, registries)
    assert [each.as_json() for each in (*broken, *checked.findings) if each.level == "error"] == []
    assert checked.app is not None


def test_what_is_exported_is_what_is_in_the_folder(registries) -> None:
    from engine.definitions.check import kinds
    from engine.definitions.folder import folder_files, read_folder

    documents, _ = read_folder(CRM, kinds(registries))
    for name, content in folder_files(documents, kinds(registries)).items():
        assert (CRM / name).read_bytes() == content


def test_there_is_no_python_in_the_app() -> None:
    assert [path for path in CRM.rglob("*") if path.suffix in {".py", ".pyc"}] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(CRM)))
def test_a_document_is_written_in_canonical_form(path: Path) -> None:
    from engine.definitions.canonical import document_bytes

    content = path.read_bytes()
    assert document_bytes(json.loads(content)) == content


def labels(value: object) -> list[dict[str, str]]:
    """All objects of a document that carry text for people."""
    if isinstance(value, list):
        return [label for each in value for label in labels(each)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.keys() & {"zh", "en"} else []
    return own + [label for each in value.values() for label in labels(each)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(CRM)))
def test_every_text_is_in_both_languages(path: Path) -> None:
    printed = path.parent.name == "print_templates"  # a text with nothing but values serves both languages
    for label in labels(json.loads(path.read_text("utf-8"))):
        assert label.keys() == {"zh", "en"} or (printed and label.keys() == {"zh"})
        assert all(label.values())
