"""Apps as folders: check, plan, apply, diff, export, test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.boot import BUILT_INS, build
from api.cli.cases import run_tests
from api.cli.form_drafts import draft_form
from api.cli.other_apps import With, read_apps
from api.cli.output import err, out, show_differences, show_findings, show_steps
from api.migrations import upgrade
from engine.definitions.app import CompiledApp, Documents
from engine.definitions.applying import (
    Choices,
    apply_files,
    choices,
    differences,
    plan_files,
    prepare_files,
)
from engine.definitions.baseline import (
    baseline_of,
    changed_here,
    folder_baselines,
    named,
    remember,
    store_key,
)
from engine.definitions.check import check_app, kinds
from engine.definitions.folder import read_folder, write_folder
from engine.definitions.modules.schema import MODULE
from engine.definitions.neighbours import with_apps
from engine.definitions.publish import Published, publish
from engine.errors import Conflict, Invalid
from engine.findings import Finding, has_errors
from engine.identity.principal import SYSTEM
from engine.plugins import extensions
from engine.registry import fill
from engine.runtime import Runtime
from engine.settings import Settings

commands = typer.Typer(help="应用 / apps as folders of JSON documents", no_args_is_help=True)
commands.command("test")(run_tests)
commands.command("form")(draft_form)

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="应用文件夹 / the app's folder")]
Mine = Annotated[
    list[str] | None,
    typer.Option("--take-mine", help="以文件夹为准的定义，如 forms/customer / keep the folder's document"),
]
Theirs = Annotated[
    list[str] | None,
    typer.Option("--take-theirs", help="以服务器为准的定义 / keep the store's document"),
]
Approve = Annotated[
    list[str] | None,
    typer.Option(
        "--approve", help="同意的破坏性步骤的 pointer / pointer of a destructive step that is meant"
    ),
]
Force = Annotated[
    list[str] | None,
    typer.Option("--force", help="虽被使用仍要移除的 pointer / pointer of what is to go although it is used"),
]


class LocalChanges(Conflict):
    """The folder holds changes that were never applied; an export would overwrite them."""

    code = "local_changes"
    zh = "文件夹中有尚未发布的修改，导出会将其覆盖。"
    fix_zh = "请先发布，或导出到其他文件夹，或加 --overwrite 放弃这些修改。"
    fix_en = "Apply them, export into another folder, or give them up with --overwrite."


@commands.command()
def check(folder: Folder, beside: With = None) -> None:
    """检查应用，不连接数据库 / check an app; needs no database."""
    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(folder, kinds(registries))
    findings: list[Finding] = [*broken]
    if not has_errors(broken):
        apps = read_apps(beside or (), registries)
        findings += check_app(documents, with_apps(registries, apps)).findings
    show_findings(findings)
    errors = sum(each.level == "error" for each in findings)
    out.print(f"错误 / errors: {errors}  提醒 / warnings: {len(findings) - errors}")
    raise typer.Exit(1 if errors else 0)


@commands.command()
def plan(
    folder: Folder,
    take_mine: Mine = None,
    take_theirs: Theirs = None,
    approve: Approve = None,
    force: Force = None,
) -> None:
    """只看计划：改什么、影响什么、与服务器的差别 / what applying would do and how both sides differ."""
    chosen = choices(
        take_mine=take_mine or (), take_theirs=take_theirs or (), approve=approve or (), force=force or ()
    )
    with _opened() as runtime:
        _show_plan(runtime, folder, chosen)


@commands.command()
def apply(
    folder: Folder,
    plan_only: Annotated[bool, typer.Option("--plan", help="只看计划 / only show the plan")] = False,
    note: Annotated[str | None, typer.Option(help="版本说明 / note of the version")] = None,
    take_mine: Mine = None,
    take_theirs: Theirs = None,
    approve: Approve = None,
    force: Force = None,
) -> None:
    """发布应用；服务器上有他人修改时拒绝 / publish an app; applying it again changes nothing."""
    chosen = choices(
        take_mine=take_mine or (),
        take_theirs=take_theirs or (),
        approve=approve or (),
        force=force or (),
        note=note,
    )
    with _opened() as runtime:
        if plan_only:
            _show_plan(runtime, folder, chosen)
            return
        documents = read_app(runtime, folder)
        baselines = folder_baselines(folder)
        with err.status("检查并发布 / checking and publishing …"):
            with runtime.reading(SYSTEM) as work:
                prepared = prepare_files(work, documents, baselines, chosen)
            with runtime.unit_of_work(SYSTEM, source="designer") as work:
                applied = apply_files(work, documents, baselines, chosen, prepared=prepared)
        if chosen.take_theirs:
            write_folder(folder, applied.documents, kinds(runtime.registries))
        remember(folder, applied.store, applied.baseline)
    done = applied.published
    show_findings(done.findings)
    show_steps(done.steps)
    news = "已发布 / published" if done.changed else "没有变化 / nothing changed"
    out.print(f"{done.app}: {news}, v{done.version}")


@commands.command()
def diff(folder: Folder) -> None:
    """文件夹、服务器与上次共同版本的三方差别 / how folder, store and their last common version differ."""
    with _opened() as runtime:
        documents = read_app(runtime, folder)
        with runtime.reading(SYSTEM) as work:
            found = differences(work, documents, folder_baselines(folder))
    show_differences(found)
    raise typer.Exit(1 if found else 0)


@commands.command()
def export(
    app: Annotated[str, typer.Argument(help="应用的键 / key of the app")],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="目标文件夹 / target folder")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="放弃文件夹中未发布的修改 / give up what was not applied")
    ] = False,
) -> None:
    """导出已发布的应用 / write the published app into a new folder or over its last export."""
    runtime = build(Settings())
    try:
        with runtime.reading(SYSTEM) as work:
            found = work.app(app)
            store = store_key(work.connection, app) or ""
        if not overwrite:
            _require_unchanged(runtime, folder, store, found)
        ordered = kinds(runtime.registries)
        written = write_folder(folder, found.source, ordered)
        remember(folder, store, baseline_of(found.version, named(found.source, ordered)))
    finally:
        runtime.close()
    out.print(f"{app} v{found.version}: {len(written)} 个文件 / files → {folder}")


def _require_unchanged(runtime: Runtime, folder: Path, store: str, found: CompiledApp) -> None:
    base = folder_baselines(folder).get(store) if folder.is_dir() else None
    if base is None:
        return
    ordered = kinds(runtime.registries)
    documents, broken = read_folder(folder, ordered)
    here, there = named(documents, ordered), named(found.source, ordered)
    changed = [each.pointer for each in broken]
    changed += [name for name in changed_here(here, base) if here.get(name) != there.get(name)]
    if changed:
        raise LocalChanges(pointer=changed[0], details={"documents": changed})


def apply_folder(runtime: Runtime, folder: Path, *, note: str | None = None) -> Published:
    """Publish the app of a folder, whatever the store has; modules that only the store has stay. Raises Invalid."""
    documents = read_app(runtime, folder)
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        head = runtime.head(work, next(iter(documents["app"])))
        kept = head.source.get(MODULE) if head is not None else None
        modules = {MODULE: {**kept, **documents.get(MODULE, {})}} if kept else {}
        return publish(work, {**documents, **modules}, note=note)


def read_app(runtime: Runtime, folder: Path) -> Documents:
    """The documents of a folder. Raises Invalid for files that cannot be read."""
    documents, findings = read_folder(folder, kinds(runtime.registries))
    if findings:
        raise Invalid(findings)
    return documents


@contextmanager
def _opened() -> Iterator[Runtime]:
    runtime = build(Settings())
    try:
        upgrade(runtime.database)
        yield runtime
    finally:
        runtime.close()


def _show_plan(runtime: Runtime, folder: Path, chosen: Choices) -> None:
    documents = read_app(runtime, folder)
    with err.status("检查 / checking …"), runtime.reading(SYSTEM) as work:
        planned = plan_files(work, documents, folder_baselines(folder), chosen)
    show_differences(planned.differences)
    show_findings(planned.findings)
    show_steps(planned.steps)
    raise typer.Exit(1 if planned.version is None else 0)
