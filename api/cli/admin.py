"""Administrators, made on the machine itself."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.boot import build
from api.migrations import upgrade
from engine.identity import repository, service
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


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    return asked
