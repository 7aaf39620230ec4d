"""An app as one file: a zip of its folder. The same app gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

from engine.definitions.folder import MAX_FILE, SETTINGS
from engine.errors import EngineError
from engine.findings import text

MOST_FILES = 5_000
MOST_BYTES = 64_000_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
EPOCH = (1980, 1, 1, 0, 0, 0)
NAME = re.compile(r"(?:[A-Za-z0-9_.-]{1,80}/){0,4}[A-Za-z0-9_.-]{1,80}")


class PackageRefused(EngineError):
    """This is no zip file of an app."""

    code = "package_refused"
    zh = "这不是应用的 zip 文件。"
    fix_zh = "请打包应用文件夹：app.json 在最外层，其他文件在各自的子文件夹中。"
    fix_en = "Zip the app's folder: app.json at the top, everything else in its own folder."


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, with no trace of when and where it was made."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Relative path -> bytes of the files in a zip; one folder around all of them is taken off.

    Nothing touches the disk. Raises PackageRefused for anything that is no app, before more than
    64 MB are unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _without_top(_read(archive))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as wrong:
        raise PackageRefused(details={"reason": str(wrong)[:200]}) from wrong


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(entries) > MOST_FILES:
        raise _too_large(f"{len(entries)} files")
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for entry in entries:
        name = entry.filename
        if not NAME.fullmatch(name) or ".." in name.split("/"):
            raise _bad_name(name)
        if name in files:
            raise _bad_name(name)
        if not name.endswith(".json"):
            continue  # a picture beside the definitions is no part of the app
        if entry.compress_type not in METHODS:  # others ask for memory by what the file says
            raise NotImplementedError(f"{name}: only stored and deflated files are read")
        with archive.open(entry) as stream:
            files[name] = stream.read(min(left, MAX_FILE) + 1)
        left -= len(files[name])
        if left < 0 or len(files[name]) > MAX_FILE:
            raise _too_large(name)
    return files


def _without_top(files: dict[str, bytes]) -> dict[str, bytes]:
    if SETTINGS in files:
        return files
    tops = {name.partition("/")[0] for name in files}
    if len(tops) == 1 and f"{(top := tops.pop())}/{SETTINGS}" in files:
        return {name.removeprefix(f"{top}/"): content for name, content in files.items()}
    return files


def _bad_name(name: str) -> PackageRefused:
    shown = name[:80]
    message = text(
        f"zip 中的文件名“{shown}”不可用或重复。",
        f"The zip holds a file name that is not accepted: '{shown}'.",
    )
    return PackageRefused(message, details={"file": shown})


def _too_large(what: str) -> PackageRefused:
    message = text(f"zip 解压后过大（{what[:80]}）。", f"Unpacked, the zip is too large ({what[:80]}).")
    return PackageRefused(message)
