"""The parts of a workbook's archive, opened only within limits. Runs in the child process."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.parsers import expat

from forms.imports import limits
from forms.imports.refusal import XLSX, Refusal, broken

OLD_FORMAT = b"\xd0\xcf\x11\xe0"
CHUNK = 1 << 16

Start = Callable[[str, dict[str, str]], None]


class Archive:
    """A workbook. Nothing is unpacked to disk; a part never yields more than its directory entry says,
    and what the entry says is checked first.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(4)
        if head == OLD_FORMAT:
            raise Refusal(
                "old_or_encrypted",
                "这是旧版 .xls 或带密码的工作簿。",
                "This is an old .xls or a workbook with a password.",
                "请去掉密码并另存为 .xlsx。",
                "Remove the password and save it as .xlsx.",
            )
        try:
            self._zip = zipfile.ZipFile(path)
            self._parts = {each.filename.lstrip("/"): each for each in self._zip.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError) as wrong:
            raise broken(str(wrong), "压缩结构不完整") from wrong
        if len(self._parts) > limits.PARTS:
            raise _bomb(f"{len(self._parts)} 个部分", f"{len(self._parts)} parts")
        for part in self._parts.values():
            ratio = part.file_size / max(part.compress_size, 1)
            if part.file_size > limits.RATIO_FROM and ratio > limits.RATIO:
                raise _large(part, f", {ratio:.0f}:1")

    def has(self, name: str) -> bool:
        return name in self._parts

    def open(self, name: str, *, most: int) -> IO[bytes]:
        """A stream of one part. Raises Refusal past `most` bytes."""
        part = self._parts.get(name)
        if part is None:
            raise broken(f"{name} is missing", f"缺少 {name}")
        if part.file_size > most:
            raise _large(part)
        if part.flag_bits & 1:
            raise broken(f"{name} is encrypted", f"{name} 已加密")
        try:
            return self._zip.open(part)
        except (NotImplementedError, zipfile.BadZipFile, OSError) as wrong:
            raise broken(str(wrong), f"{name} 无法解压") from wrong

    def scan(self, name: str, start: Start) -> None:
        """Call `start` with the name and attributes of every element of a small part."""
        with self.open(name, most=limits.SMALL_PART_BYTES) as stream:
            parser = xml_parser()
            parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
            feed(parser, stream)

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """id -> (kind, part) of what a part refers to."""
        folder, base = posixpath.split(name)
        place = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, given.get("Target", "")))
                kind = given.get("Type", "").rpartition("/")[2]
                found[given.get("Id", "")] = (kind, target.lstrip("/"))

        if self.has(place):
            self.scan(place, start)
        return found


def xml_parser() -> expat.XMLParserType:
    """A parser that refuses document types: entities of its own are what XML bombs are made of."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise Refusal(
            "forbidden_xml",
            "工作簿中含有不允许的 XML 声明。",
            "The workbook holds an XML document type.",
            *XLSX,
        )

    parser.StartDoctypeDeclHandler = doctype
    return parser


def feed(parser: expat.XMLParserType, stream: IO[bytes]) -> None:
    """Parse a whole stream. Raises Refusal for XML that is none."""
    try:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as wrong:
        place = f"第 {wrong.lineno} 行第 {wrong.offset} 字节"
        raise broken(str(wrong), f"{place}起不是有效的 XML") from wrong
    except (zipfile.BadZipFile, OSError, EOFError) as wrong:
        raise broken(str(wrong), "内容无法解压") from wrong


def _large(part: zipfile.ZipInfo, ratio: str = "") -> Refusal:
    what = f"{part.filename}: {part.file_size / 1_000_000:.0f} MB{ratio}"
    return _bomb(what, what)


def _bomb(zh: str, en: str) -> Refusal:
    return Refusal(
        "too_large_unpacked",
        f"文件解压后过大，疑为压缩炸弹（{zh}）。",
        f"Unpacked, this file is too large ({en}).",
        "请删除空白行列后重新保存，或拆分文件。",
        "Delete empty rows and columns and save it anew, or split it.",
    )
