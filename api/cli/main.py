"""The command `fourfold`. What only one command needs is loaded when that runs: a server is half of the code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.boot import build
from api.cli import admin, apps, docs, keys, log
from api.cli.output import show_error
from api.cli.transfers import export, import_
from api.migrations import upgrade
from designer_schemas.generate import FOLDER, write
from engine.errors import EngineError
from engine.settings import Settings

app = typer.Typer(
    name="fourfold",
    help="无代码应用引擎 / a no-code app engine. 设置来自环境变量 / settings are environment variables FOURFOLD_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(apps.commands, name="app")
app.add_typer(admin.commands, name="admin")
app.add_typer(keys.commands, name="keys")
app.add_typer(log.commands, name="log")
app.command()(docs.docs)
app.command("import")(import_)
app.command()(export)


@app.command()
def serve() -> None:
    """一个进程运行全部 / everything in one process: API, worker, report store."""
    from api.cli.serving import run_serve

    run_serve(Settings())


@app.command()
def api() -> None:
    """只运行 API / the API alone."""
    from api.cli.serving import run_api

    run_api(Settings())


@app.command()
def worker() -> None:
    """只运行任务 / the worker alone: jobs, timers, connectors."""
    from api.cli.serving import run_worker

    run_worker(Settings())


@app.command()
def reports() -> None:
    """只运行报表 / the report server alone, on the unix socket FOURFOLD_REPORTS_SOCKET."""
    from api.cli.serving import run_reports

    run_reports(Settings())


@app.command()
def demo() -> None:
    """演示：CRM 应用与数据 / the CRM app with demo data, on this machine only."""
    from api.cli.demo import run_demo

    run_demo(Settings())


@app.command()
def migrate() -> None:
    """更新平台数据表 / bring the platform's own tables up to date."""
    runtime = build(Settings())
    try:
        typer.echo(f"数据表版本 / tables at revision: {upgrade(runtime.database)}")
    finally:
        runtime.close()


@app.command()
def schemas(
    check: Annotated[bool, typer.Option("--check", help="只比较 / only compare")] = False,
    folder: Annotated[Path, typer.Option(help="目标文件夹 / target folder")] = FOLDER,
) -> None:
    """生成各类定义的 JSON Schema / write the JSON Schema of every definition kind."""
    from api.boot import BUILT_INS
    from designer_schemas.generate import schema_files
    from engine.plugins import extensions
    from engine.registry import fill

    registries = fill(extensions(BUILT_INS))
    if not check:
        for path in write(registries, folder):
            typer.echo(path)
        return
    stale = [
        name
        for name, content in schema_files(registries).items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]
    for name in stale:
        typer.echo(f"过期 / out of date: {name}", err=True)
    raise typer.Exit(1 if stale else 0)


def run() -> None:
    """The entry point: domain errors become a message and exit code 1, never a traceback."""
    try:
        app()
    except EngineError as failure:
        show_error(failure)
        sys.exit(1)
