"""Apps as folders: check, apply, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.boot import BUILT_INS, build
from api.cli.output import out, show_findings, show_steps
from api.migrations import upgrade
from engine.definitions.app import Documents
from engine.definitions.check import check_app, kinds
from engine.definitions.folder import read_folder, write_folder
from engine.definitions.publish import Published, plan, publish
from engine.errors import Invalid
from engine.findings import Finding, has_errors
from engine.identity.principal import SYSTEM
from engine.plugins import extensions
from engine.registry import fill
from engine.runtime import Runtime
from engine.settings import Settings

commands = typer.Typer(help="应用 / apps as folders of JSON documents", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="应用文件夹 / the app's folder")]


@commands.command()
def check(folder: Folder) -> None:
    """检查应用，不连接数据库 / check an app; needs no database."""
    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(folder, kinds(registries))
    findings: list[Finding] = [*broken]
    if not has_errors(broken):
        findings += check_app(documents, registries).findings
    show_findings(findings)
    errors = sum(each.level == "error" for each in findings)
    out.print(f"错误 / errors: {errors}  提醒 / warnings: {len(findings) - errors}")
    raise typer.Exit(1 if errors else 0)


@commands.command()
def apply(
    folder: Folder,
    plan_only: Annotated[bool, typer.Option("--plan", help="只看计划 / only show the plan")] = False,
    note: Annotated[str | None, typer.Option(help="版本说明 / note of the version")] = None,
) -> None:
    """发布应用 / publish an app; applying it again changes nothing."""
    runtime = build(Settings())
    try:
        upgrade(runtime.database)
        if plan_only:
            _show_plan(runtime, folder)
            return
        done = apply_folder(runtime, folder, note=note)
    finally:
        runtime.close()
    show_findings(done.findings)
    show_steps(done.steps)
    news = "已发布 / published" if done.changed else "没有变化 / nothing changed"
    out.print(f"{done.app}: {news}, v{done.version}")


def apply_folder(runtime: Runtime, folder: Path, *, note: str | None = None) -> Published:
    """Publish the app of a folder. Raises Invalid."""
    documents = read_app(runtime, folder)
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        return publish(work, documents, note=note)


def read_app(runtime: Runtime, folder: Path) -> Documents:
    """The documents of a folder. Raises Invalid for files that cannot be read."""
    documents, findings = read_folder(folder, kinds(runtime.registries))
    if findings:
        raise Invalid(findings)
    return documents


def _show_plan(runtime: Runtime, folder: Path) -> None:
    documents = read_app(runtime, folder)
    with runtime.reading(SYSTEM) as work:
        _, findings, steps = plan(work, documents)
    show_findings(findings)
    show_steps(steps)
    raise typer.Exit(1 if has_errors(findings) else 0)


@commands.command()
def export(
    app: Annotated[str, typer.Argument(help="应用的键 / key of the app")],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="目标文件夹 / target folder")],
) -> None:
    """导出已发布的应用 / write the published app into a new folder or over its last export."""
    runtime = build(Settings())
    try:
        with runtime.reading(SYSTEM) as work:
            found = work.app(app)
        written = write_folder(folder, found.source, kinds(runtime.registries))
    finally:
        runtime.close()
    out.print(f"{app} v{found.version}: {len(written)} 个文件 / files → {folder}")
