"""docs/reference is what the code says now, and says something about every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer_schemas.reference.findings import in_source
from designer_schemas.reference.settings import NOTES
from tests.docs.pages import DOCS

FAMILIES = {
    "definition": "definitions.md",
    "field_type": "field_types.md",
    "flow_node": "flow_nodes.md",
    "trigger": "triggers.md",
    "action": "actions.md",
    "measure": "measures.md",
    "test_step": "test_steps.md",
}


def test_the_pages_are_up_to_date() -> None:
    from api.cli.docs import reference

    files = reference()
    present = {path.name: path.read_bytes() for path in (DOCS / "reference").glob("*.md")}
    assert sorted(present) == sorted(files)
    stale = [name for name, content in files.items() if present[name] != content]
    assert stale == [], "run `fourfold docs`"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_has_its_place(family: str) -> None:
    from api.boot import BUILT_INS
    from engine.plugins import extensions
    from engine.registry import fill

    page = (DOCS / "reference" / FAMILIES[family]).read_text("utf-8")
    for kind in fill(extensions(BUILT_INS))[family]:
        assert f"\n## {kind}\n" in page or f"\n| `{kind}` |" in page


def test_every_setting_is_explained_in_both_languages() -> None:
    from engine.settings import Settings

    assert set(NOTES) == set(Settings.model_fields)


def test_drift_is_told_by_the_check(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from api.cli.main import app

    run = CliRunner().invoke
    assert run(app, ["docs", "--folder", str(tmp_path)]).exit_code == 0
    assert run(app, ["docs", "--check", "--folder", str(tmp_path)]).exit_code == 0
    (tmp_path / "errors.md").write_text("old")
    (tmp_path / "more.md").write_text("gone")
    told = run(app, ["docs", "--check", "--folder", str(tmp_path)])
    assert told.exit_code == 1
    assert "errors.md" in told.output
    assert "more.md" in told.output


def test_findings_are_read_from_calls_names_and_tables() -> None:
    source = """
TABLE = {"stuck": ("卡在{}", "stuck at {}", "x", "y"), "owner": ("负责人", "Owner")}
def check(context, name):
    context.error("no_such", "/x", Text(zh=f"没有{name}。", en=f"There is no {name}."))
    message = text("一", "one")
    yield error("first", "/", message)
    message = text("二", "two")
    yield Finding("warning", "second", "/", message)
    context.unknown("unknown_form", "/", name, [], text("表单", "form"))
    raise mismatch(span, "不合适", "does not fit")
    Step("add", "safe", "/", text("新增", "added"))
    log.warning("nothing", reason="to see")
"""
    assert set(in_source(source)) == {
        ("stuck", "卡在…", "stuck at …"),
        ("no_such", "没有…。", "There is no …."),
        ("first", "一", "one"),
        ("second", "二", "two"),
        ("unknown_form", "没有名为“…”的表单。", "There is no form named '…'."),
        ("type_mismatch", "不合适", "does not fit"),
    }


def test_every_function_stands_once_among_its_like_and_is_shown() -> None:
    from designer_schemas.reference.function_families import FAMILIES as FUNCTIONS
    from engine.expressions.functions import BUILTIN
    from forms.functions.under import Under

    listed = [name for _, _, names in FUNCTIONS for name in names]
    assert sorted(listed) == sorted(each.type for each in (*BUILTIN, Under))
    page = (DOCS / "reference" / "functions.md").read_text("utf-8")
    for name in set(listed) - {"NOW", "TODAY"}:
        (line,) = [each for each in page.splitlines() if each.startswith(f"| `{name}(")]
        assert "` → `" in line, f"{name} has no example"
