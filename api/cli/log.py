"""The operation log on the machine itself: verify it, note its end elsewhere, erase personal values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.boot import build
from api.cli.output import err, out
from api.migrations import require_current
from engine.changes import blocks, heads
from engine.changes.erase import erase as erase_values
from engine.changes.heads import Head
from engine.changes.retention import drop_older
from engine.changes.sealer import Sealer
from engine.changes.streams import STREAMS, Stream
from engine.changes.verify import Verified, flaws_of, verify
from engine.errors import EngineError
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.settings import Settings

commands = typer.Typer(help="操作日志 / the operation log", no_args_is_help=True)

SHOWN = 20
"""Flaws of one stream that are printed one by one."""


class NotThatLong(EngineError):
    """The log keeps at least the last 30 days."""

    code = "log_too_young"
    zh = "日志至少保留最近 30 天。"


@commands.callback()
def group() -> None:
    """操作日志 / the operation log"""


@commands.command("verify")
def verify_log(
    head: Annotated[
        list[str] | None, typer.Option(help="记在别处的日志末端 / an end of the log noted elsewhere")
    ] = None,
) -> None:
    """校验整个日志，指出被改动的行 / verify the whole log; names every row that was tampered with."""
    runtime = _opened()
    try:
        known = [*heads.load(runtime.settings.home), *(heads.parse(each) for each in head or ())]
        found = _verified(runtime, known)
        _report(found)
        broken = any(True for _ in flaws_of(found))
        if not broken:
            Sealer(runtime).run_once(all_rows=True)
    finally:
        runtime.close()
    raise typer.Exit(1 if broken else 0)


def _verified(runtime: Runtime, known: Sequence[Head]) -> list[Verified]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("校验 / verifying")
        with runtime.reading(SYSTEM, snapshot=True) as work:
            newest = [blocks.newest(work, stream.name) for stream in STREAMS]
            bar.update(task, total=sum(block.number for block in newest if block is not None))
            return verify(work, heads=known, seen=lambda _: bar.advance(task))


def _report(found: Sequence[Verified]) -> None:
    for each in found:
        state = "[red]不完整 / broken[/]" if each.flaws else "[green]完整 / whole[/]"
        out.print(
            f"{each.stream:<10} {state}  行 / rows {each.rows}  块 / blocks {each.blocks}  "
            f"待封存 / waiting {each.waiting}  已清理 / dropped {each.dropped}"
        )
        for flaw in each.flaws[:SHOWN]:
            message = escape(f"{flaw.message['zh']} / {flaw.message['en']}")
            out.print(f"    [red]{flaw.code}[/] {message}")
        if len(each.flaws) > SHOWN:
            out.print(f"    … {len(each.flaws) - SHOWN} 处 / more")


@commands.command("head")
def show_head() -> None:
    """封存并显示日志末端，可抄录于别处 / seal, and show the ends of the log, to be noted elsewhere."""
    runtime = _opened()
    try:
        Sealer(runtime).run_once(all_rows=True)
        with runtime.reading(SYSTEM) as work:
            newest = [blocks.newest(work, stream.name) for stream in STREAMS]
    finally:
        runtime.close()
    for block in newest:
        if block is not None:
            typer.echo(str(heads.head_of(block)))


@commands.command()
def erase(
    app: Annotated[str, typer.Argument(help="应用 / key of the app")],
    form: Annotated[str, typer.Argument(help="表单 / key of the form")],
    record: Annotated[str, typer.Argument(help="记录 / id of the record")],
    reason: Annotated[str, typer.Option(help="原因 / why")],
    field: Annotated[
        list[str] | None, typer.Option(help="字段，默认全部 / fields; all when none is named")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask")] = False,
) -> None:
    """从日志中抹去一条记录的值；日志链保持完整 / erase a record's values from the log; the chain stays whole."""
    if not yes:
        typer.confirm("抹去后无法恢复，继续？ / this cannot be undone. Go on?", abort=True)
    runtime = _opened()
    try:
        with runtime.unit_of_work(SYSTEM, source="cli") as work:
            done = erase_values(work, app, form, record, fields=field, reason=reason)
        Sealer(runtime).run_once(all_rows=True)
    finally:
        runtime.close()
    typer.echo(f"已抹去 / erased: {done.rows}")


@commands.command()
def drop(
    days: Annotated[int, typer.Option(help="保留天数 / days to keep")],
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask")] = False,
) -> None:
    """清理早于所给天数的日志，仅留其封存 / drop what is older than some days, but for its seals."""
    if days < 30:
        raise NotThatLong()
    if not yes:
        typer.confirm("清理后无法恢复，继续？ / this cannot be undone. Go on?", abort=True)
    runtime = _opened()
    try:
        before = datetime.now(UTC) - timedelta(days=days)
        for stream in STREAMS:
            count = 0
            while done := _drop_some(runtime, stream, before):
                count += done
            typer.echo(f"{stream.name}: {count} 块 / blocks")
    finally:
        runtime.close()


def _drop_some(runtime: Runtime, stream: Stream, before: datetime) -> int:
    with runtime.unit_of_work(SYSTEM, source="cli") as work:
        return drop_older(work, stream, before)


def _opened() -> Runtime:
    runtime = build(Settings())
    require_current(runtime.database)
    return runtime
