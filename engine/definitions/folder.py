"""An app as a folder of JSON documents: `app.json` and one file per object."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.definitions.app import Documents
from engine.definitions.canonical import document_bytes
from engine.errors import EngineError
from engine.findings import Finding, Text, error, text
from engine.protocols import DefinitionKind

MAX_FILE = 2_000_000
IGNORED = {"demo", "docs", "tests"}


class FolderNotEmpty(EngineError):
    """The folder holds something else, and no app.json of this app."""

    code = "folder_not_empty"
    zh = "该文件夹中有其他内容，且没有该应用的 app.json。"
    fix_zh = "请指定新的或空的文件夹，或该应用以前的导出。"
    fix_en = "Name a new or an empty folder, or one that this app was exported to before."


class FolderIsLink(EngineError):
    """A folder inside the app's folder is a link; nothing is written through it."""

    code = "folder_is_link"
    zh = "应用文件夹中的子文件夹是链接，不会经由它写入。"
    fix_zh = "请把链接换成真正的文件夹。"
    fix_en = "Put a real folder in place of the link."


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
    if folder.is_symlink():
        findings.append(
            error(
                "file_refused",
                f"/{folder.name}",
                text("该文件夹是链接，不会读取。", "The folder is a link and is not read."),
                text("请把链接换成真正的文件夹。", "Put a real folder in place of the link."),
            )
        )
        return
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
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE:
        message = text("不是普通文件，或文件过大。", "This is a link, no file at all, or too large.")
        findings.append(error("file_refused", pointer, message))
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
    """Write the app into `folder`; definition files that are no longer part of it are removed.

    Raises FolderNotEmpty, before anything is touched, if `folder` holds something else than this app,
    and FolderIsLink.
    """
    kinds = list(kinds)
    files = folder_files(documents, kinds)
    _require_own(folder, str(next(iter(documents["app"].values()))["key"]), kinds)
    for kind in kinds:
        for path in (folder / kind.folder).glob("*.json"):
            if str(path.relative_to(folder)) not in files:
                path.unlink()
    written = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_bytes(content)
        written.append(path)
    return written


def _require_own(folder: Path, app: str, kinds: Iterable[DefinitionKind]) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    settings = _read(folder / "app.json", "/app", [])
    if settings is None or settings.get("key") != app:
        raise FolderNotEmpty(details={"folder": str(folder), "app": app})
    for kind in kinds:
        if (folder / kind.folder).is_symlink():
            raise FolderIsLink(pointer=f"/{kind.folder}", details={"folder": str(folder / kind.folder)})
