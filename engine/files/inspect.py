"""What an uploaded file is, found in its content; what must not be kept is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import EngineError
from engine.files.images import PIXELS, BrokenPicture, TooManyPixels, is_picture, read_picture
from engine.files.media import (
    BY_EXTENSION,
    BY_TYPE,
    MACROS,
    RUNNING_EXTENSIONS,
    RUNS,
    SVG,
    UNKNOWN,
)
from engine.files.names import extension_of, with_extension
from engine.files.sniff import sniff
from engine.files.svg import Unsafe, check_svg
from engine.findings import text

BLOCK = 1024 * 1024


class FileRefused(EngineError):
    """This file cannot be taken."""

    code = "file_refused"
    zh = "不能接收该文件。"


class EmptyFile(FileRefused):
    """The file holds nothing."""

    code = "empty_file"
    zh = "文件是空的。"
    fix_zh = "请选择有内容的文件。"
    fix_en = "Choose a file with something in it."


class FileTooLarge(FileRefused):
    """The file is too large."""

    code = "file_too_large"
    zh = "文件过大。"
    fix_zh = "请压缩后再上传，或分成几个文件。"
    fix_en = "Make it smaller or split it into several files."


class DangerousFile(FileRefused):
    """The file could run on the computer of whoever opens it."""

    code = "dangerous_file"
    zh = "该文件打开后可能在电脑上运行程序，不能接收。"
    fix_zh = "请改为上传文档、图片或压缩包。"
    fix_en = "Send a document, a picture or an archive instead."


class TypeMismatch(FileRefused):
    """The content of the file is not what its name says."""

    code = "type_mismatch"
    zh = "文件内容与扩展名不符。"
    fix_zh = "请用正确的扩展名重新保存该文件。"
    fix_en = "Save the file again with the right extension."


class UnsafeDrawing(FileRefused):
    """The SVG drawing holds scripts, or loads something from outside."""

    code = "unsafe_svg"
    zh = "该 SVG 图形含有脚本或引用了外部内容。"
    fix_zh = "请导出为 PNG，或去掉脚本与外部引用。"
    fix_en = "Export it as PNG, or remove scripts and what it loads."


class BrokenImage(FileRefused):
    """The picture cannot be read; it is damaged or incomplete."""

    code = "broken_image"
    zh = "图片无法读取，可能已损坏或不完整。"
    fix_zh = "请重新保存或重新拍摄。"
    fix_en = "Save it again, or take it again."


class ImageTooLarge(FileRefused):
    """The picture has too many pixels."""

    code = "image_too_large"
    zh = "图片像素过多。"
    fix_zh = "请缩小图片尺寸后再上传。"
    fix_en = "Make the picture smaller."


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found: `name` with the right extension, bytes, media type, hash; of a picture also its pixels,
    its turn (Exif orientation) and what it says of itself.
    """

    name: str
    size: int
    type: str
    sha256: str
    width: int | None = None
    height: int | None = None
    about: dict[str, str] = field(default_factory=dict)


def inspect(path: Path, name: str, *, sha256: str | None = None) -> Facts:
    """Judge a local file that a client calls `name` (already clean). Raises FileRefused.

    `sha256` saves reading it once more when the hash is known.
    """
    size = path.stat().st_size
    if size == 0:
        raise EmptyFile()
    type_, name = _judged(path, name)
    digest = sha256 or hash_of(path)
    if not is_picture(type_):
        return Facts(name, size, type_, digest)
    try:
        picture = read_picture(path)
    except BrokenPicture:
        raise BrokenImage() from None
    except TooManyPixels:
        raise ImageTooLarge(details={"pixels": PIXELS}) from None
    about = picture.about | ({"turn": str(picture.turn)} if picture.turn > 1 else {})
    return Facts(name, size, type_, digest, picture.width, picture.height, about)


def hash_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _judged(path: Path, name: str) -> tuple[str, str]:
    """The media type, and the name with the extension of that type."""
    extension, found = extension_of(name), sniff(path)
    if found in RUNS or extension in RUNNING_EXTENSIONS:
        raise DangerousFile(details={"found": RUNS.get(found, f".{extension}")})
    if found == SVG:
        _drawing(path)
    said = BY_EXTENSION.get(extension)
    if said is None:
        return found, name
    if found == said.type or found in said.content:
        return said.type, name
    other = BY_TYPE.get(found)
    if other is not None and other.family == said.family and found not in (SVG, said.type):
        return found, with_extension(name, other.extensions[0])
    raise TypeMismatch(
        text(
            f"扩展名是 .{extension}，内容却是{_called(found)[0]}。",
            f"It is called .{extension}, but its content is {_called(found)[1]}.",
        ),
        details={"extension": extension, "found": found},
    )


def _called(type_: str) -> tuple[str, str]:
    if type_ in BY_TYPE and BY_TYPE[type_].family == MACROS:
        return "含有宏的文档", "a document with macros"
    return ("无法识别的数据", "of an unknown kind") if type_ == UNKNOWN else (f" {type_}", type_)


def _drawing(path: Path) -> None:
    try:
        check_svg(path)
    except Unsafe as unsafe:
        raise UnsafeDrawing(details={"found": str(unsafe)}) from None
