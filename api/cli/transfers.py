"""Records from and into files on this machine, with a progress bar."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.boot import build
from api.cli.output import err, out
from api.migrations import require_current
from engine.definitions.check import read_model
from engine.errors import Invalid, TryAgain
from engine.files.opened import scratch
from engine.findings import Finding
from engine.identity.principal import SYSTEM_USER
from engine.runtime import Runtime
from engine.settings import Settings
from engine.storage.database import CommitUnknown
from forms.compiled import compiled_form
from forms.exports import service as exports
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from forms.imports import service as imports
from forms.imports.options import ImportOptions
from forms.imports.run import ImportRun
from forms.imports.workbook import write_workbook
from forms.transfers.actor import actor_of
from forms.transfers.folder import folder_of
from forms.transfers.repository import Transfer

SLICE_SECONDS = 0.5
PAUSES = (1, 2, 4, 8, 16)
"""Seconds until the next try while the database is away."""
SUFFIXES = (".xlsx", ".csv")
PHASES = {
    "reading": "读取 / reading",
    "checking": "检查 / checking",
    "saving": "保存 / saving",
    "undoing": "撤销 / undoing",
}

App = Annotated[str, typer.Argument(help="应用 / key of the app")]
FormKey = Annotated[str, typer.Argument(help="表单 / key of the form")]
As = Annotated[str, typer.Option("--as", help="以此用户身份 / with the rights of this user")]


def writable(file: Path | None) -> Path | None:
    """Refuse a target that cannot be written before any work is done. Raises BadParameter."""
    if file is not None:
        place = file if file.exists() else file.absolute().parent
        if not place.exists():
            raise typer.BadParameter(f"没有文件夹“{place}” / there is no folder '{place}'")
        if file.is_dir() or not os.access(place, os.W_OK):
            raise typer.BadParameter(f"不能写入“{place}” / '{place}' cannot be written")
    return file


def sheet_file(file: Path) -> Path:
    """Refuse a target whose name says neither of the formats. Raises BadParameter."""
    if file.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter("文件名应以 .xlsx 或 .csv 结尾 / the name must end in .xlsx or .csv")
    writable(file)
    return file


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """`a=b` as a mapping; the sign may stand in the first part. Raises BadParameter."""
    for each in given or ():
        if "=" not in each:
            raise typer.BadParameter(f"应为 名称=值 / NAME=VALUE is expected: {each}", param_hint=option)
    return {name: value for each in given or () for name, _, value in [each.rpartition("=")]}


def import_(
    app: App,
    form: FormKey,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="xlsx 或 csv")],
    mode: Annotated[str, typer.Option(help="insert | update | upsert")] = "insert",
    on: Annotated[list[str] | None, typer.Option(help="匹配字段 / fields that tell records apart")] = None,
    group: Annotated[list[str] | None, typer.Option(help="分组列 / columns that group child rows")] = None,
    errors: Annotated[str, typer.Option(help="skip | all")] = "skip",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 / only check")] = False,
    sheet: Annotated[str | None, typer.Option(help="工作表 / sheet")] = None,
    header_row: Annotated[int | None, typer.Option(help="表头的行号 / row with the titles")] = None,
    encoding: Annotated[str | None, typer.Option(help="编码 / encoding of a csv file")] = None,
    separator: Annotated[str | None, typer.Option(help="分隔符 / separator of a csv file")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="表头=字段 / header=field, header= for none")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="引用=字段 / reference=field that its cells hold")
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(callback=writable, help="错误行工作簿 / workbook for the bad rows")
    ] = None,
    language: Annotated[str, typer.Option(help="错误行工作簿的语言 / of that workbook: zh | en")] = "zh",
    user: As = SYSTEM_USER,
) -> None:
    """导入记录 / import records from an xlsx or csv file."""
    options = _read(
        ImportOptions,
        {
            "mode": mode,
            "on": on or [],
            "group": group or [],
            "errors": errors,
            "dry_run": dry_run,
            "sheet": sheet,
            "header_row": header_row,
            "encoding": encoding,
            "separator": separator,
            "mapping": _pairs(columns, "--map"),
            "by": _pairs(by, "--by"),
        },
        "/options",
    )
    if language not in ("zh", "en"):
        raise typer.BadParameter("zh | en", param_hint="--language")
    runtime = build(Settings())
    try:
        require_current(runtime.database)
        done = _import(runtime, app, form, file, options, user)
        folder = folder_of(runtime, done.id)
        if bad_rows is not None and done.report.get("error_count"):
            shutil.copyfile(write_workbook(folder, done.progress["header"], language), bad_rows)
    finally:
        runtime.close()
    report(done)
    failed = done.state != "done" or done.report["counts"]["failed"]
    raise typer.Exit(1 if failed else 0)


def _import(runtime: Runtime, app: str, form: str, file: Path, options: ImportOptions, user: str) -> Transfer:
    actor = actor_of(runtime, user)
    with scratch(runtime.settings) as path:
        shutil.copyfile(file, path)
        with runtime.unit_of_work(actor, source="import") as work:
            found = work.app(app)
            made = imports.begin(
                work, found, compiled_form(found, form), options, file=path, name=file.name, job=False
            )
    return follow_import(runtime, made.id)


def follow_import(runtime: Runtime, transfer: str) -> Transfer:
    """Do an import that was begun without a job, with a progress bar; how it ended."""
    run = ImportRun(runtime, transfer)
    with _bar() as bar:
        task = bar.add_task(PHASES["reading"], total=None)
        while _slice(run):
            progress = run.transfer().progress
            bar.update(
                task,
                description=PHASES[progress["phase"]],
                completed=progress["done"],
                total=progress["total"],
            )
    return run.transfer()


def _slice(run: ImportRun) -> bool:
    """Work for a while; whether there is more to do. It waits for a database that is away for a moment."""
    for pause in PAUSES:
        try:
            return run.advance(seconds=SLICE_SECONDS)
        except (TryAgain, CommitUnknown):
            time.sleep(pause)
    return run.advance(seconds=SLICE_SECONDS)


def follow_export(runtime: Runtime, transfer: str) -> Transfer:
    """Write an export that was begun without a job, with a progress bar; how it ended."""
    with _bar() as bar:
        task = bar.add_task("导出 / exporting", total=None)
        return run_export(
            runtime, transfer, told=lambda done, total: bar.update(task, completed=done, total=total)
        )


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)


def report(done: Transfer) -> None:
    """What came of an import or export, on standard output."""
    counts = done.report.get("counts", {})
    words = {"inserted": "新增", "updated": "更新", "unchanged": "未变", "failed": "失败"}
    listed = "  ".join(f"{zh} / {key}: {counts.get(key, 0)}" for key, zh in words.items())
    out.print(f"{done.state}  {listed}  ({done.id})")
    for each in [*done.report.get("findings", []), *done.report.get("remarks", [])]:
        out.print(f"  [yellow]{each['code']}[/] {escape(_sentence(each))}")
    for each in done.report.get("errors", []):
        where = f"{each['row']}: {each['column'] or ''}"
        out.print(f"  [red]{escape(where)}[/] {each['code']} {escape(_sentence(each))}")
    more = done.report.get("error_count", 0) - len(done.report.get("errors", []))
    if more > 0:
        out.print(f"  … {more} 条 / more")


def _sentence(finding: dict[str, Any]) -> str:
    between = {"zh": "", "en": " "}
    said = [finding["message"][each] + sign + finding["fix"][each] for each, sign in between.items()]
    return " / ".join(each.rstrip() for each in said)


def export(
    app: App,
    form: FormKey,
    file: Annotated[
        Path,
        typer.Argument(dir_okay=False, callback=sheet_file, help="目标文件 / target: .xlsx 或 .csv"),
    ],
    where: Annotated[str | None, typer.Option("--filter", help="条件 / which records")] = None,
    sort: Annotated[str | None, typer.Option(help="排序 / order, e.g. -amount,name")] = None,
    fields: Annotated[str | None, typer.Option(help="字段 / fields, with commas")] = None,
    language: Annotated[str, typer.Option(help="zh | en")] = "zh",
    user: As = SYSTEM_USER,
) -> None:
    """导出记录 / export records to an xlsx or csv file."""
    options = _read(
        ExportOptions,
        {
            "format": file.suffix.lstrip(".").lower(),
            "filter": where,
            "sort": sort,
            "fields": fields.split(",") if fields else [],
            "language": language,
        },
    )
    runtime = build(Settings())
    try:
        require_current(runtime.database)
        actor = actor_of(runtime, user)
        with runtime.unit_of_work(actor, source="export") as work:
            found = work.app(app)
            made = exports.begin(work, found, compiled_form(found, form), options, job=False)
        done = follow_export(runtime, made.id)
        if done.state != "done":
            report(done)
            raise typer.Exit(1)
        shutil.copyfile(file_of(runtime, done), file)
    finally:
        runtime.close()
    out.print(f"{done.report['counts']['records']} 条记录 / records → {file}")
    for each in done.report["remarks"]:
        out.print(f"  [yellow]{each['code']}[/] {escape(_sentence(each))}")


def _read(model: Any, raw: dict[str, Any], pointer: str = "") -> Any:
    findings: list[Finding] = []
    found = read_model(model, raw, pointer, findings)
    if found is None:
        raise Invalid(findings)
    return found
