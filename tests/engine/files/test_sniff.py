"""What files are is found in their content."""

from __future__ import annotations

import struct
import time
import zipfile
import zlib
from io import BytesIO

import pytest

from engine.files.inspect import (
    BrokenImage,
    DangerousFile,
    EmptyFile,
    FileRefused,
    ImageTooLarge,
    TypeMismatch,
    UnsafeDrawing,
    inspect,
)
from tests.engine.files.pictures import picture

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
EXE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(100)


def archive(*names: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, b"x" * 100)
    return target.getvalue()


OPEN_DOCUMENT = BytesIO()
with zipfile.ZipFile(OPEN_DOCUMENT, "w") as _made:
    _made.writestr("mimetype", "application/vnd.oasis.opendocument.text")


def office(folder: str, *parts: str, types: bytes = b"main+xml", last: bool = False) -> bytes:
    """An office document whose list of types stands first, or last."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        entries = [("[Content_Types].xml", types), *((f"{folder}/{each}", b"x" * 100) for each in parts)]
        for name, content in reversed(entries) if last else entries:
            made.writestr(name, content)
    return target.getvalue()


MACROS = b"<Types><Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/></Types>"
WITH_MACROS = [
    ("a.docm", office("word", "document.xml", "vbaProject.bin"), "vnd.ms-word.document.macroEnabled.12"),
    ("a.xlsm", office("xl", "workbook.xml", types=MACROS), "vnd.ms-excel.sheet.macroEnabled.12"),
    (
        "a.pptm",
        office("ppt", "p.xml", types=MACROS, last=True),
        "vnd.ms-powerpoint.presentation.macroEnabled.12",
    ),
    ("a.dotm", office("word", "d.xml", types=MACROS.decode().encode("utf-16")), "macroEnabled.12"),
    ("a.xlsb", office("xl", "workbook.bin", "vbaProject.bin"), "vnd.ms-excel.sheet.macroEnabled.12"),
    ("locked.xlsm", OLE, "vnd.ms-excel.sheet.macroEnabled.12"),
    ("a.docm", office("word", "document.xml"), "vnd.ms-word.document.macroEnabled.12"),
]

GOOD = [
    *WITH_MACROS,
    ("a.jpg", picture("JPEG"), "image/jpeg"),
    ("a.png", picture("PNG"), "image/png"),
    ("a.gif", picture("GIF"), "image/gif"),
    ("a.webp", picture("WEBP"), "image/webp"),
    ("a.pdf", b"%PDF-1.7\n...", "application/pdf"),
    ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
    ("a.docx", archive("[Content_Types].xml", "word/document.xml"), "wordprocessingml.document"),
    ("a.xlsx", archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "spreadsheetml.sheet"),
    ("locked.xlsx", OLE, "spreadsheetml.sheet"),
    ("a.doc", OLE, "application/msword"),
    ("a.wps", OLE, "application/msword"),
    ("a.odt", OPEN_DOCUMENT.getvalue(), "opendocument.text"),
    ("a.zip", archive("readme.txt", "photo.jpg"), "application/zip"),
    ("a.txt", "合同编号 HT-2026-00001\n".encode(), "text/plain"),
    ("gb.txt", "合同编号".encode("gb18030"), "text/plain"),
    ("wide.txt", "合同编号".encode("utf-16"), "text/plain"),
    ("a.csv", b"no,name\n1,x\n", "text/csv"),
    ("a.json", b'{"a": 1}', "application/json"),
    ("a.xml", b"<?xml version='1.0'?>\n<order/>", "application/xml"),
    ("a.mp4", b"\0\0\0\x18ftypisom" + bytes(50), "video/mp4"),
    ("a.mov", b"\0\0\0\x14ftypqt  " + bytes(50), "video/quicktime"),
    ("a.m4a", b"\0\0\0\x18ftypM4A " + bytes(50), "audio/mp4"),
    ("a.amr", b"#!AMR\n" + bytes(50), "audio/amr"),
    ("a.mp3", b"ID3\x04" + bytes(50), "audio/mpeg"),
    ("a.dwg", b"AC1032" + bytes(50), "image/vnd.dwg"),
    ("nothing-known.q7", bytes(range(256)), "application/octet-stream"),
    ("Makefile", b"all:\n\techo\n", "text/plain"),
    (
        "MZ.txt",
        b"MZ is how this note begins and it goes on for more than sixty-four signs of text",
        "text/plain",
    ),
]

BAD = [
    ("a.docx", office("word", "document.xml", "vbaProject.bin"), TypeMismatch),
    ("a.xlsx", office("xl", "workbook.xml", types=MACROS), TypeMismatch),
    (
        "a.pptx",
        office("ppt", "p.xml", "renamed.bin", types=b"application/vnd.ms-office.vbaProject"),
        TypeMismatch,
    ),
    ("photo.png", b"#!/bin/sh\nrm -rf /\n", DangerousFile),
    ("photo.png", b"<script>alert(1)</script>", DangerousFile),
    ("photo.jpg", EXE, DangerousFile),
    ("offer.pdf", EXE, DangerousFile),
    ("setup.exe", EXE, DangerousFile),
    ("setup.exe", b"just text", DangerousFile),
    ("a.js", b"alert(1)", DangerousFile),
    ("a.html", b"<p>x</p>", DangerousFile),
    ("a.txt", b"\xef\xbb\xbf \n<!DOCTYPE HTML>\n<p>", DangerousFile),
    ("a.txt", b"<!-- x --><!-- y --><html>", DangerousFile),
    ("a.xml", b'<?xml version="1.0"?><x:html xmlns:x="http://www.w3.org/1999/xhtml"/>', DangerousFile),
    ("a.txt", b"<?php system($_GET['x']);", DangerousFile),
    ("a.zip", archive("META-INF/MANIFEST.MF", "Main.class"), DangerousFile),
    ("a.zip", archive("AndroidManifest.xml", "classes.dex"), DangerousFile),
    ("tool", b"\x7fELF" + bytes(60), DangerousFile),
    ("photo.png", b"just text", TypeMismatch),
    ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", TypeMismatch),
    ("a.docx", archive("readme.txt"), TypeMismatch),
    ("a.pdf", picture("PNG"), TypeMismatch),
    ("a.txt", picture("PNG"), TypeMismatch),
    ("a.png", picture("PNG")[:2000], BrokenImage),
    ("a.jpg", picture("JPEG", (640, 480))[:3000], BrokenImage),
    ("a.jpg", b"\xff\xd8\xff\xe0 not a picture", BrokenImage),
    ("empty.txt", b"", EmptyFile),
]


@pytest.mark.parametrize(("name", "content", "type_"), GOOD, ids=[each[0] for each in GOOD])
def test_a_file_is_what_its_content_says(tmp_path, name, content, type_):
    path = tmp_path / "x"
    path.write_bytes(content)
    facts = inspect(path, name)
    assert facts.type.endswith(type_)
    assert (facts.name, facts.size) == (name, len(content))


@pytest.mark.parametrize(("name", "content", "failure"), BAD)
def test_what_could_run_or_is_something_else_is_refused(tmp_path, name, content, failure):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as raised:
        inspect(path, name)
    assert type(raised.value) is failure
    assert raised.value.fix["zh"]
    assert raised.value.fix["en"]


def test_a_picture_of_another_kind_gets_its_right_extension(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(picture("WEBP"))
    assert inspect(path, "scan.v2.PNG").name == "scan.v2.webp"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [8_001, 60_000])
def test_a_picture_that_unpacks_to_gigabytes_is_refused_unopened(tmp_path, side):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    path = tmp_path / "x"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    with pytest.raises(ImageTooLarge):
        inspect(path, "bomb.png")


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 70_000,
        "<!---->" * 40_000,
        "<?xml?>" + " " * 200_000 + "x",
        "<!doctype x [" * 20_000,
        "<" * 250_000,
    ],
)
def test_looking_at_markup_takes_no_longer_than_reading_it(tmp_path, text):
    path = tmp_path / "x"
    path.write_text(text)
    start = time.perf_counter()
    inspect(path, "x")
    assert time.perf_counter() - start < 2


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'

SAFE = [
    '<rect width="3" height="3" fill="url(#g)"/>',
    '<style>.a { fill: url("#g"); color: red }</style>',
    '<use xlink:href="#shape"/>',
    '<image href="data:image/png;base64,AAAA"/>',
    "<text>url(http://x) is only text, so is @import</text>",
]
UNSAFE = [
    "<script>alert(1)</script>",
    "<SCRIPT>alert(1)</SCRIPT>",
    '<s:script xmlns:s="http://www.w3.org/2000/svg">x</s:script>',
    '<rect onload="alert(1)"/>',
    '<rect OnClick="alert(1)"/>',
    '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
    '<a href="https://example.com"><text>x</text></a>',
    '<use href="https://example.com/x.svg#y"/>',
    '<use href="data:image/svg+xml,x"/>',
    "<foreignObject><p>x</p></foreignObject>",
    '<image href="https://example.com/pixel.png"/>',
    '<rect style="fill: url(https://example.com/x)"/>',
    '<rect style="fill: u\\72l(https://example.com/x)"/>',
    "<style>@import 'https://example.com/x.css';</style>",
    "<style>@im<!-- -->port 'https://example.com/x.css';</style>",
    "<style>rect { background: image-set('https://example.com/x' 1x) }</style>",
    '<animate attributeName="href" to="javascript:alert(1)"/>',
    '<set attributeName="xlink:href" to="x"/>',
    '<g xml:base="https://example.com/"><use href="#x"/></g>',
    '<?xml-stylesheet href="https://example.com/x.css"?>',
    "<rect>",
]


@pytest.mark.parametrize("inside", SAFE)
def test_a_drawing_that_only_draws_is_taken(tmp_path, inside):
    path = tmp_path / "x"
    path.write_text("<!-- made by hand -->\n" + DRAWING.format(inside))
    assert inspect(path, "logo.svg").type == "image/svg+xml"


@pytest.mark.parametrize("inside", UNSAFE)
def test_a_drawing_with_scripts_or_references_outside_is_refused(tmp_path, inside):
    path = tmp_path / "x"
    path.write_text(DRAWING.format(inside))
    with pytest.raises(UnsafeDrawing):
        inspect(path, "logo.svg")


def test_a_drawing_with_entities_is_refused(tmp_path):
    path = tmp_path / "x"
    path.write_text('<!DOCTYPE svg [<!ENTITY a "x">]>' + DRAWING.format("&a;"))
    with pytest.raises(UnsafeDrawing):
        inspect(path, "logo.svg")


def test_a_drawing_in_utf_16_is_looked_at_too(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(DRAWING.format(UNSAFE[0]).encode("utf-16"))
    with pytest.raises(UnsafeDrawing):
        inspect(path, "logo.svg")


@pytest.mark.parametrize("packed", [True, False])
def test_a_thousand_lists_of_types_are_not_all_unpacked(tmp_path, packed):
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = squeezed.compress(bytes(1_000_000)) + squeezed.flush() if packed else bytes(60_000)
    name, method = b"[Content_Types].xml", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    long, heads = 30 + len(name), []
    for behind in reversed(range(1200)):  # each entry goes over those behind it to the one content
        extra = min(behind * long, 65_535)
        heads.append(
            b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, 0, 0, 0, len(name), extra)
        )
    path = tmp_path / "x"
    path.write_bytes(archive("xl/workbook.xml") + b"".join(each + name for each in heads) + content)
    started = time.process_time()
    with pytest.raises(TypeMismatch):
        inspect(path, "book.xlsx")
    assert time.process_time() - started < 2.0


def test_a_document_that_holds_many_others_is_what_it_is(tmp_path):
    chart = office("xl", "workbook.xml")
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("[Content_Types].xml", b"main+xml")
        for number in range(20):
            made.writestr(f"xl/embeddings/{number}.xlsx", chart)
    path = tmp_path / "x"
    path.write_bytes(target.getvalue())
    assert inspect(path, "book.xlsx").type.endswith("spreadsheetml.sheet")
