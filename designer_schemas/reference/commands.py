"""The page of commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from designer_schemas.reference.keys import sentence
from designer_schemas.reference.markdown import both, code, page, table

HEAD = ("命令 / command", "参数 / parameters", "作用 / what it does")


def commands(root: Any) -> str:
    """docs/reference/commands.md; `root` is the click command of `fourfold`."""
    return page(
        "命令",
        "Commands",
        both(
            "设置来自环境变量（见[设置](settings.md)）；出错时退出码为 1。",
            "Settings come from the environment (see [settings](settings.md)); the exit code is 1 when something is wrong.",
        ),
        table(HEAD, sorted(_rows(root, "fourfold"))),
    )


def _rows(command: Any, name: str) -> Iterator[tuple[str, str, str]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        parameters = ", ".join(_parameter(each) for each in command.params if each.name != "help")
        yield code(name), parameters, sentence((command.help or "").replace("\f", ""))
        return
    for key, each in inner.items():
        yield from _rows(each, f"{name} {key}")


def _parameter(parameter: Any) -> str:
    said = getattr(parameter, "help", None) or ""
    name = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()
    shown = name if parameter.required or parameter.param_type_name == "option" else f"[{name}]"
    return f"{code(shown)} {said}".strip()
