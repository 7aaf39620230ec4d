"""Other apps that an app refers to, given to a command as folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from engine.definitions.app import Documents
from engine.definitions.check import kinds
from engine.definitions.folder import read_folder
from engine.definitions.neighbours import Registries
from engine.errors import Invalid
from engine.findings import Finding, under

With = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        exists=True,
        file_okay=False,
        help="所引用的其他应用的文件夹 / folder of another app it refers to",
    ),
]


def read_apps(folders: Iterable[Path], registries: Registries) -> dict[str, Documents]:
    """The documents of apps by key. Raises Invalid for a folder that cannot be read."""
    apps: dict[str, Documents] = {}
    findings: list[Finding] = []
    for folder in folders:
        documents, broken = read_folder(folder, kinds(registries))
        key = next(iter(documents.get("app", {})), folder.name)
        findings += under(f"/apps/{key}", broken)
        apps[key] = documents
    if findings:
        raise Invalid(findings)
    return apps
