"""Administrators, made on the machine itself, and what only they do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.body import parse_json
from api.boot import build
from api.cli.handover import hand_over, show_belongings, show_handover
from api.migrations import require_current, upgrade
from engine.changes.operations import note
from engine.identity import attempts, repository, service
from engine.identity.passwords import hash_password
from engine.identity.principal import ADMIN_ROLE, SYSTEM
from engine.identity.sessions import create_administrator
from engine.settings import Settings

commands = typer.Typer(help="管理员 / administrators", no_args_is_help=True)


@commands.callback()
def group() -> None:
    """管理员 / administrators"""


@commands.command()
def create(
    username: Annotated[str, typer.Argument(help="登录名 / login name")] = "root",
) -> None:
    """创建管理员，或重置其密码 / create an administrator, or give one a new password.

    The password is asked for twice, or read as one line from standard input.
    """
    hashed = hash_password(_password())
    runtime = build(Settings())
    try:
        upgrade(runtime.database)
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            known = repository.user_by_id(work, username)
            if known is None:
                create_administrator(work, username, hashed)
            else:
                roles = [*service.get_user(work, username)["roles"], ADMIN_ROLE]
                service.update_user(work, username, {"roles": sorted(set(roles)), "active": True})
                service.set_password_hash(work, username, hashed)
    finally:
        runtime.close()
    typer.echo(f"管理员已就绪 / administrator ready: {username}")


@commands.command()
def unlock(username: Annotated[str, typer.Argument(help="登录名 / login name")]) -> None:
    """忘掉该用户的登录失败，使其不必等待 / forget a user's failed logins."""
    runtime = build(Settings())
    try:
        require_current(runtime.database)
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            attempts.open_again(work, username)
            note(work, "login_unlocked", username)
    finally:
        runtime.close()
    typer.echo(f"可以再次登录 / may log in again: {username}")


@commands.command()
def handover(
    user: Annotated[str, typer.Argument(help="离职用户的标识 / id of the user who leaves")],
    to: Annotated[str, typer.Option(help="接收全部工作的用户 / who gets everything")] = "",
    targets: Annotated[
        Path | None, typer.Option(help="JSON 文件：targets 列表 / JSON file with the list of targets")
    ] = None,
    keep_active: Annotated[bool, typer.Option(help="不停用该用户 / do not disable the user")] = False,
    undo: Annotated[str, typer.Option(help="撤回这次交接 / take back the handover of this id")] = "",
) -> None:
    """交接离职用户的记录、任务等；不带 --to 只列出 / hand over what a user leaves behind; without --to list it."""
    runtime = build(Settings())
    try:
        require_current(runtime.database)
        document = {"to": to or None, "deactivate": not keep_active}
        if targets is not None:
            document["targets"] = parse_json(targets.read_bytes())
        if undo or to or targets:
            show_handover(hand_over(runtime, user, document, undo=undo))
        else:
            show_belongings(runtime, user)
    finally:
        runtime.close()


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    return asked
