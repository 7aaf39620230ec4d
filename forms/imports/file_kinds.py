"""What kind of file is to be imported, by its content. Runs in the child process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from engine.files.media import OLE, PLAIN, UNKNOWN, XML, ZIP
from engine.files.sniff import sniff
from forms.imports.refusal import XLSX, Refusal

FileKind = Literal["workbook", "page", "text"]

LOOKED_AT = 4096
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a]")
"""What no text holds: texts may begin like the sign of some other format."""
_SHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_OPEN_SHEET = "application/vnd.oasis.opendocument.spreadsheet"
_TEXTS = ("application/pdf", "application/rtf")
_FAMILIES = {
    "image": ("图片", "a picture"),
    "audio": ("录音", "a sound"),
    "video": ("视频", "a film"),
    "application/pdf": ("PDF 文档", "a PDF document"),
    "application/ofd": ("OFD 文档", "an OFD document"),
    "application/rtf": ("RTF 文档", "an RTF document"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (
        "Word 文档",
        "a text document",
    ),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (
        "演示文稿",
        "a presentation",
    ),
    "application/vnd.rar": ("压缩包", "an archive"),
    "application/x-7z-compressed": ("压缩包", "an archive"),
    "application/gzip": ("压缩包", "an archive"),
    "application/x-tar": ("压缩包", "an archive"),
    XML: ("XML 文件", "an XML file"),
}


def kind_of(path: Path) -> FileKind:
    """How a file is to be read. Raises Refusal for one that is no table at all."""
    found = sniff(path)
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    if found in (XML, PLAIN) and _SHEET_2003 in head:
        raise Refusal(
            "xml_spreadsheet",
            "这是 XML 格式的表格（Excel 2003 XML），不能直接导入。",
            "This is a spreadsheet in the XML format of 2003, which is not read.",
            *XLSX,
        )
    if found == _OPEN_SHEET:
        raise Refusal(
            "open_document",
            "这是 .ods 表格，不能直接导入。",
            "This is an .ods spreadsheet, which is not read.",
            *XLSX,
        )
    if found == "text/html":
        return "page"
    if found in (OLE, ZIP) or (head.startswith(b"PK") and not _named(found)):
        return "workbook"
    known = found not in (PLAIN, UNKNOWN) and (found in (*_TEXTS, XML) or _BINARY.search(head))
    if known:
        raise _no_table(*(_named(found) or ("其他格式的文件", "a file of another format")))
    return "text"


def _named(media: str) -> tuple[str, str] | None:
    return _FAMILIES.get(media) or _FAMILIES.get(media.partition("/")[0])


def _no_table(zh: str, en: str) -> Refusal:
    return Refusal(
        "not_a_table",
        f"文件的内容是{zh}，不是表格。",
        f"What the file holds is {en}, no table.",
        "请选择 .xlsx 或 .csv 文件；改名不会改变文件的内容。",
        "Choose an .xlsx or .csv file; another name does not change what a file holds.",
    )
