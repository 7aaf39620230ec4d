"""New forms out of files on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.boot import build
from api.cli.output import err, out, show_findings
from api.cli.transfers import follow_import, report
from api.migrations import require_current
from engine.definitions import drafts
from engine.errors import Invalid
from engine.findings import error, text
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.settings import Settings
from forms.drafting.reading import read_sheet
from forms.drafting.service import from_json_schema, from_sheet, publish_and_load
from forms.drafting.sheet import DraftedForm

SCHEMA_SUFFIX = ".json"


def draft_form(
    app: Annotated[str, typer.Argument(help="应用的键 / key of the app")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="xlsx、csv 或 JSON Schema")],
    key: Annotated[str, typer.Option(help="新表单的键 / key of the new form")],
    label: Annotated[
        str | None, typer.Option(help="名称；默认文件名 / label; default: the file's name")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表 / sheet of a workbook")] = None,
    load: Annotated[
        bool, typer.Option("--load", help="立即发布并导入数据 / publish and import at once")
    ] = False,
) -> None:
    """由 Excel 表格或 JSON Schema 生成表单草稿 / draft a form from an Excel sheet or a JSON Schema."""
    runtime = build(Settings())
    said = label or file.stem
    try:
        require_current(runtime.database)
        if file.suffix.lower() == SCHEMA_SUFFIX:
            _from_schema(runtime, app, file, key, said)
            return
        with err.status("读取 / reading …"):
            rows = read_sheet(runtime, file, sheet=sheet)
            with runtime.reading(SYSTEM) as work:
                made = from_sheet(work, app, rows, key=key, label=text(said, said))
        _show(made)
        if not load:
            with runtime.unit_of_work(SYSTEM, source="designer") as work:
                drafts.put_document(work, app, "form", key, made.document)
            out.print(f"{app}: 草稿 / draft forms/{key}")
            return
        with runtime.unit_of_work(SYSTEM, source="designer") as work:
            loaded = publish_and_load(work, app, made, file=file, name=file.name, sheet=sheet, job=False)
        out.print(f"{app}: 已发布 / published, v{loaded.published.version}")
        done = follow_import(runtime, loaded.transfer.id)
        report(done)
        failed = done.state != "done" or done.report["counts"]["failed"]
        raise typer.Exit(1 if failed else 0)
    finally:
        runtime.close()


def _from_schema(runtime: Runtime, app: str, file: Path, key: str, label: str) -> None:
    try:
        schema: Any = json.loads(file.read_text("utf-8"))
    except ValueError as wrong:
        message = text(f"不是有效的 JSON：{wrong}", f"This is not valid JSON: {wrong}")
        raise Invalid([error("malformed_json", "", message)]) from wrong
    if not isinstance(schema, dict):
        raise Invalid([error("malformed_json", "", text("应为 JSON 对象。", "A JSON object is expected."))])
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        document, remarks = from_json_schema(work, app, schema, key=key, label=text(label, label))
        drafts.put_document(work, app, "form", key, document)
    show_findings(remarks)
    out.print(f"{app}: 草稿 / draft forms/{key}, {len(document['fields'])} 个字段 / fields")


def _show(made: DraftedForm) -> None:
    for column in made.columns:
        why = f"{column.guess.why['zh']} / {column.guess.why['en']}"
        out.print(
            f"{escape(column.header)} → {column.key}  [cyan]{column.guess.type}[/]  [dim]{escape(why)}[/]"
        )
    show_findings(made.remarks)
