"""An app as a folder of JSON documents: `app.json` and one file per object."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.definitions.app import Documents
from engine.definitions.canonical import document_bytes
from engine.findings import Finding, Text, error
from engine.protocols import DefinitionKind

MAX_FILE = 2_000_000
IGNORED = {"demo", "docs", "tests"}


def read_folder(folder: Path, kinds: Iterable[DefinitionKind]) -> tuple[Documents, list[Finding]]:
    """The documents of an app folder and findings for what is broken on disk. Reads nothing outside it."""
    findings: list[Finding] = []
    folders = {kind.folder: kind.type for kind in kinds}
    documents: dict[str, dict[str, dict[str, Any]]] = {"app": {}}
    if not (folder / "app.json").is_file():
        findings.append(
            error(
                "app_json_missing",
                "/app",
                Text(zh="该文件夹中没有 app.json。", en="This folder has no app.json."),
                Text(zh="请检查路径。", en="Check the path."),
            )
        )
        return documents, findings
    settings = _read(folder / "app.json", "/app", findings)
    if settings is not None:
        documents["app"][str(settings.get("key", ""))] = settings
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in IGNORED and not path.name.startswith("."):
            _read_kind(path, folders, documents, findings)
    return documents, findings


def _read_kind(
    folder: Path,
    folders: dict[str, str],
    documents: dict[str, dict[str, dict[str, Any]]],
    findings: list[Finding],
) -> None:
    kind = folders.get(folder.name)
    if kind is None:
        findings.append(
            error(
                "unknown_folder",
                f"/{folder.name}",
                Text(zh=f"不认识的文件夹“{folder.name}”。", en=f"'{folder.name}' is not a folder of an app."),
                Text(zh=f"可用：{'、'.join(folders)}。", en=f"Known folders: {', '.join(folders)}."),
            )
        )
        return
    for path in sorted(folder.glob("*.json")):
        document = _read(path, f"/{folder.name}/{path.stem}", findings)
        if document is not None:
            documents.setdefault(kind, {})[path.stem] = document


def _read(path: Path, pointer: str, findings: list[Finding]) -> dict[str, Any] | None:
    if path.is_symlink() or path.stat().st_size > MAX_FILE:
        findings.append(
            error(
                "file_refused", pointer, Text(zh="文件过大或是链接。", en="The file is too large or a link.")
            )
        )
        return None
    try:
        document = json.loads(path.read_text("utf-8"), object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError) as wrong:
        findings.append(
            error(
                "malformed_json",
                pointer,
                Text(zh=f"不是有效的 JSON：{wrong}", en=f"This is not valid JSON: {wrong}"),
                Text(zh="请修正语法。", en="Correct the syntax."),
            )
        )
        return None
    if not isinstance(document, dict):
        findings.append(
            error("malformed_json", pointer, Text(zh="应为 JSON 对象。", en="A JSON object is expected."))
        )
        return None
    return document


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key '{double}' appears twice")
    return document


def folder_files(documents: Documents, kinds: Iterable[DefinitionKind]) -> dict[str, bytes]:
    """Relative path -> bytes of a whole app; `read_folder` of these files gives `documents` again."""
    settings = next(iter(documents["app"].values()))
    files = {"app.json": document_bytes(settings)}
    for kind in kinds:
        for key, document in sorted(documents.get(kind.type, {}).items()):
            files[f"{kind.folder}/{key}.json"] = document_bytes(document)
    return files


def write_folder(folder: Path, documents: Documents, kinds: Iterable[DefinitionKind]) -> list[Path]:
    """Write the app into `folder`; definition files that are no longer part of it are removed."""
    kinds = list(kinds)
    files = folder_files(documents, kinds)
    for kind in kinds:
        for path in (folder / kind.folder).glob("*.json"):
            if str(path.relative_to(folder)) not in files:
                path.unlink()
    written = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written
