"""The reference pages in docs/reference, written from the code of this checkout."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

import api
from api.boot import BUILT_INS
from engine.errors import EngineError
from engine.plugins import extensions
from engine.registry import fill

ROOT = Path(api.__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
ROOMS = ("engine", "forms", "flows", "rules", "reports", "api")


def docs(
    check: Annotated[bool, typer.Option("--check", help="只比较 / only compare")] = False,
    folder: Annotated[Path, typer.Option(help="目标文件夹 / target folder")] = FOLDER,
) -> None:
    """生成参考文档 / write the reference pages of docs/reference from the code."""
    files = reference()
    if check:
        stale = list(_differing(files, folder))
        for name in stale:
            typer.echo(f"过期 / out of date: {folder / name}", err=True)
        raise typer.Exit(1 if stale else 0)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        typer.echo(folder / name)


def reference() -> dict[str, bytes]:
    """File name -> content of every page."""
    from api.cli.main import app
    from designer_schemas.reference.pages import Sources, pages

    _load_every_module()
    sources = Sources(
        registries=fill(extensions(BUILT_INS)),
        errors=_ours(EngineError),
        status=_status,
        rooms=[ROOT / room for room in ROOMS],
        commands=typer.main.get_command(app),
    )
    return pages(sources)


def _status(cls: type[EngineError]) -> int:
    from api.errors import status_of  # and with it all of FastAPI

    return status_of(cls.__new__(cls))


def _differing(files: dict[str, bytes], folder: Path) -> Iterator[str]:
    present = {path.name for path in folder.glob("*.md")}
    for name in sorted(present | set(files)):
        if name not in present or name not in files or (folder / name).read_bytes() != files[name]:
            yield name


def _load_every_module() -> None:
    """A class is known once its module is loaded."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def _ours(cls: type[Any]) -> Iterator[type[Any]]:
    """The classes below `cls` that this product defines."""
    for each in cls.__subclasses__():
        if each.__module__.split(".")[0] in ROOMS:
            yield each
        yield from _ours(each)
