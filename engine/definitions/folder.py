"""An app as a folder of JSON documents: `app.json` and one file per object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.definitions.app import Documents
from engine.definitions.canonical import document_bytes
from engine.errors import EngineError
from engine.findings import Finding, Text, error, text
from engine.json_text import not_json
from engine.protocols import DefinitionKind

MAX_FILE = 2_000_000
SETTINGS = "app.json"
IGNORED = {"demo", "docs"}


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
    kinds = list(kinds)
    findings: list[Finding] = []
    files = dict(_files(folder, {kind.folder for kind in kinds}, findings))
    documents, broken = read_files(files, kinds)
    return documents, [*findings, *broken]


def _files(folder: Path, known: set[str], findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """(relative path, content) of everything in an app's folder that belongs to an app."""
    if not folder.is_dir():
        return
    if (folder / SETTINGS).is_file():
        yield from _content(folder / SETTINGS, SETTINGS, findings)
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or path.name in IGNORED or path.name.startswith("."):
            continue
        if path.is_symlink():
            findings.append(
                error(
                    "file_refused",
                    f"/{path.name}",
                    text("该文件夹是链接，不会读取。", "The folder is a link and is not read."),
                    text("请把链接换成真正的文件夹。", "Put a real folder in place of the link."),
                )
            )
        elif path.name not in known:
            yield f"{path.name}/", b""
        else:
            for each in sorted(path.glob("*.json")):
                yield from _content(each, f"{path.name}/{each.name}", findings)


def _content(path: Path, name: str, findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE:
        findings.append(_refused(name))
    else:
        yield name, path.read_bytes()


def read_files(
    files: Mapping[str, bytes], kinds: Iterable[DefinitionKind]
) -> tuple[Documents, list[Finding]]:
    """The documents in the files of an app, by relative path, and findings for what is broken."""
    findings: list[Finding] = []
    folders = {kind.folder: kind.type for kind in kinds}
    documents: dict[str, dict[str, dict[str, Any]]] = {"app": {}}
    if SETTINGS not in files:
        findings.append(
            error(
                "app_json_missing",
                "/app",
                Text(zh="该文件夹中没有 app.json。", en="This folder has no app.json."),
                Text(zh="请检查路径。", en="Check the path."),
            )
        )
        return documents, findings
    settings = _read(files[SETTINGS], "/app", findings)
    if settings is not None:
        documents["app"][str(settings.get("key", ""))] = settings
    strangers = sorted({name.partition("/")[0] for name in files if "/" in name} - set(folders) - IGNORED)
    findings += [_unknown_folder(each, folders) for each in strangers if not each.startswith(".")]
    for name in sorted(files):
        folder, _, file = name.partition("/")
        if folder in folders and file.endswith(".json") and "/" not in file:
            document = _read(files[name], pointer_of(name), findings)
            if document is not None:
                documents.setdefault(folders[folder], {})[file.removesuffix(".json")] = document
    return documents, findings


def pointer_of(name: str) -> str:
    """`forms/customer.json` -> `/forms/customer`, as findings and differences name it."""
    return "/" + name.removesuffix(".json")


def _unknown_folder(name: str, folders: Iterable[str]) -> Finding:
    return error(
        "unknown_folder",
        f"/{name}",
        Text(zh=f"不认识的文件夹“{name}”。", en=f"'{name}' is not a folder of an app."),
        Text(zh=f"可用：{'、'.join(folders)}。", en=f"Known folders: {', '.join(folders)}."),
    )


def _refused(name: str) -> Finding:
    message = text("不是普通文件，或文件过大。", "This is a link, no file at all, or too large.")
    return error("file_refused", pointer_of(name), message)


def _read(content: bytes, pointer: str, findings: list[Finding]) -> dict[str, Any] | None:
    try:
        document = json.loads(content, object_pairs_hook=_no_doubles, parse_constant=_no_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half a character is no text
    except _Lost as lost:
        findings.append(error("malformed_json", pointer, lost.message, lost.fix))
        return None
    except ValueError as wrong:
        findings.append(error("malformed_json", pointer, not_json(wrong), SYNTAX))
        return None
    except RecursionError:
        findings.append(
            error("malformed_json", pointer, text("嵌套过深。", "This is nested too deeply."), SYNTAX)
        )
        return None
    if not isinstance(document, dict):
        findings.append(
            error("malformed_json", pointer, Text(zh="应为 JSON 对象。", en="A JSON object is expected."))
        )
        return None
    return document


SYNTAX = text("请修正语法。", "Correct the syntax.")


class _Lost(Exception):
    """Python's parser takes it, but what was written would not be kept."""

    def __init__(self, message: Text, fix: Text) -> None:
        super().__init__(message["en"])
        self.message, self.fix = message, fix


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise _Lost(
            text(
                f"键“{double}”在同一个对象中出现了两次，其中一个值会丢失。",
                f"The key '{double}' stands twice in one object, so that one of its values would be lost.",
            ),
            text("每个键只写一次。", "Write each key once."),
        )
    return document


def _no_constant(name: str) -> float:
    raise _Lost(text(f"{name} 不是 JSON 的数字。", f"{name} is no number of JSON."), SYNTAX)


def folder_files(documents: Documents, kinds: Iterable[DefinitionKind]) -> dict[str, bytes]:
    """Relative path -> bytes of a whole app; `read_folder` of these files gives `documents` again."""
    settings = next(iter(documents["app"].values()))
    files = {SETTINGS: document_bytes(settings)}
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
    found = dict(_content(folder / SETTINGS, SETTINGS, []))
    settings = _read(found[SETTINGS], "/app", []) if found else None
    if settings is None or settings.get("key") != app:
        raise FolderNotEmpty(details={"folder": str(folder), "app": app})
    for kind in kinds:
        if (folder / kind.folder).is_symlink():
            raise FolderIsLink(pointer=f"/{kind.folder}", details={"folder": str(folder / kind.folder)})
