"""The keys of encrypted fields."""

from __future__ import annotations

import typer

from api.boot import build
from api.migrations import require_current
from engine.connect.sealed_calls import keys_of_calls
from engine.connect.secrets import keys_of_secrets, seal_anew
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.sealing.ring import KeyRing
from engine.settings import Settings
from forms.reseal import arm, keys_in_use

commands = typer.Typer(help="加密字段的密钥 / keys of encrypted fields", no_args_is_help=True)


@commands.callback()
def group() -> None:
    """加密字段的密钥 / keys of encrypted fields"""


@commands.command()
def create() -> None:
    """新建密钥文件 / make the key file, where there is none."""
    settings = Settings()
    ring = KeyRing(settings.key_file(), own=False)
    try:
        key = ring.create()
    except FileExistsError:
        typer.echo(f"密钥文件已存在 / the key file is there already: {ring.path}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{key}  {ring.path}")
    typer.echo("请单独备份此文件 / back this file up, apart from the database.")


@commands.command("list")
def list_keys() -> None:
    """列出密钥及其使用情况 / the keys, which is current, and which stored values need."""
    runtime = _opened()
    try:
        used = _used(runtime)
        for key in runtime.ring.ids():
            current = "  当前 / current" if key == runtime.ring.current else ""
            typer.echo(f"{key}  {'使用中 / in use' if key in used else '未使用 / unused'}{current}")
    finally:
        runtime.close()


@commands.command()
def rotate() -> None:
    """换用新密钥；后台任务重新加密 / take a new key; jobs of the worker seal what is stored with it."""
    runtime = _opened()
    try:
        key = runtime.ring.rotate()
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            seal_anew(work)
            for app in runtime.app_keys(work):
                arm(work, work.app(app))
        typer.echo(key)
    finally:
        runtime.close()


@commands.command()
def retire() -> None:
    """删除已不使用的旧密钥 / remove old keys that no stored value needs any more."""
    runtime = _opened()
    try:
        unused = set(runtime.ring.ids()) - _used(runtime) - {runtime.ring.current}
        runtime.ring.retire(unused)
        for key in sorted(unused):
            typer.echo(key)
    finally:
        runtime.close()


def _opened() -> Runtime:
    runtime = build(Settings())
    require_current(runtime.database)
    return runtime


def _used(runtime: Runtime) -> set[str]:
    with runtime.reading(SYSTEM) as work:
        of_fields = {key for app in runtime.app_keys(work) for key in keys_in_use(work, work.app(app))}
        return of_fields | keys_of_secrets(work) | keys_of_calls(work)
