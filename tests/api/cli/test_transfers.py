"""`fourfold import` and `fourfold export`, as a user types them."""

from __future__ import annotations

import json

from api.cli import transfers
from engine.settings import Settings
from engine.storage.database import CommitUnknown, ConnectionLost
from forms.imports.run import ImportRun
from tests.api.cli.test_commands import APP, fourfold  # noqa: F401  the fixture
from tests.forms.imports.desk import workbook


def prepare(fourfold, tmp_path):  # noqa: F811
    folder = tmp_path / "shop"
    for name, document in APP.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(document), "utf-8")
    assert fourfold("app", "apply", folder).code == 0


def test_records_go_in_and_out_by_command(fourfold, tmp_path):  # noqa: F811
    prepare(fourfold, tmp_path)
    source, target, bad = tmp_path / "in.xlsx", tmp_path / "out.csv", tmp_path / "bad.xlsx"
    source.write_bytes(workbook(["内容"], ["一"], ["x" * 5000], ["二"]))
    tried = fourfold("import", "shop", "note", source, "--dry-run")
    assert (tried.code, "inserted: 2" in tried.out) == (1, True)
    done = fourfold("import", "shop", "note", source, "--bad-rows", bad)
    assert done.code == 1
    assert "failed: 1" in done.out
    assert "too_long" in done.out
    assert bad.stat().st_size > 0
    out = fourfold("export", "shop", "note", target)
    assert out.code == 0, out.err
    assert [line.split(",")[1] for line in target.read_text("utf-8-sig").splitlines()] == ["内容", "一", "二"]
    again = fourfold("import", "shop", "note", target, "--mode", "upsert")
    assert (again.code, "unchanged: 2" in again.out) == (0, True)
    assert Settings().home == tmp_path / "home"


def test_wrong_words_are_explained(fourfold, tmp_path):  # noqa: F811
    prepare(fourfold, tmp_path)
    source = tmp_path / "in.csv"
    source.write_text("内容\n一\n", "utf-8")
    assert fourfold("import", "shop", "note", source, "--mode", "merge").code == 1
    refused = fourfold("import", "shop", "note", source, "--mode", "upsert", "--on", "nothing")
    assert refused.code == 1
    assert "unknown_field" in refused.out


def test_columns_and_separators_are_named_by_command(fourfold, tmp_path):  # noqa: F811
    prepare(fourfold, tmp_path)
    source = tmp_path / "in.csv"
    source.write_text("a=b;内容\n一;二\n", "utf-8")
    done = fourfold(
        "import", "shop", "note", source, "--separator", ";", "--map", "a=b=text", "--map", "内容="
    )
    assert (done.code, "inserted: 1" in done.out) == (0, True), done.out
    target = tmp_path / "out.csv"
    assert fourfold("export", "shop", "note", target).code == 0
    assert "一" in target.read_text("utf-8-sig")
    wrong = fourfold("import", "shop", "note", source, "--by", "text=no")
    assert (wrong.code, "unknown_field" in wrong.out) == (1, True)


def test_the_row_of_the_header_is_found_or_named_by_command(fourfold, tmp_path):  # noqa: F811
    prepare(fourfold, tmp_path)
    source = tmp_path / "in.xlsx"
    source.write_bytes(workbook(["笔记一览"], ["内容"], ["一"], ["text"], ["二"]))
    found = fourfold("import", "shop", "note", source, "--dry-run")
    assert ("inserted: 3" in found.out, "rows_above_header" in found.out) == (True, True)
    named = fourfold("import", "shop", "note", source, "--header-row", "4")
    assert ("inserted: 1" in named.out, "rows_above_header" in named.out) == (True, False)


def test_a_target_that_cannot_be_written_is_refused_at_once(fourfold, tmp_path):  # noqa: F811
    prepare(fourfold, tmp_path)
    for target in ("out.txt", "nowhere/out.csv"):
        refused = fourfold("export", "shop", "note", tmp_path / target)
        assert refused.code == 2
        assert "Traceback" not in refused.err
    source = tmp_path / "in.csv"
    source.write_text("内容\n一\n", "utf-8")
    refused = fourfold("import", "shop", "note", source, "--bad-rows", tmp_path / "nowhere" / "bad.xlsx")
    assert refused.code == 2
    assert fourfold("export", "shop", "note", tmp_path / "none.csv").out.startswith("0 ")


def test_an_import_goes_on_when_the_database_was_away(fourfold, tmp_path, monkeypatch):  # noqa: F811
    prepare(fourfold, tmp_path)
    source = tmp_path / "in.csv"
    source.write_text("内容\n一\n", "utf-8")
    failures, advance = [ConnectionLost, CommitUnknown], ImportRun.advance

    def lost(run: ImportRun, *, seconds: float) -> bool:
        if failures:
            raise failures.pop()
        return advance(run, seconds=seconds)

    monkeypatch.setattr(ImportRun, "advance", lost)
    monkeypatch.setattr(transfers, "PAUSES", (0, 0))
    done = fourfold("import", "shop", "note", source)
    assert (done.code, "inserted: 1" in done.out, failures) == (0, True, [])
