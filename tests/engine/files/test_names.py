"""Names of files are text for people: cleaned, shortened, safe in a header."""

from __future__ import annotations

from email.message import Message

import pytest

from engine.files.names import clean_name, disposition, extension_of, with_extension


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("合同 (最终版).docx", "合同 (最终版).docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\报价.xlsx", "报价.xlsx"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("fdp.\u202egpj.exe", "fdp.gpj.exe"),
        ("  two   blanks .pdf. ", "two blanks .pdf"),
        ("", "file"),
        ("..", "file"),
        ("a/", "file"),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_names_are_cleaned(given, name):
    assert clean_name(given) == name


def test_a_long_name_keeps_its_extension():
    name = clean_name("合" * 500 + ".xlsx")
    assert (len(name), name[-5:]) == (200, ".xlsx")


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.tar.gz", "gz"), (".profile", ""), ("a", ""), ("a.b c", ""), ("合同.合同", "")],
)
def test_extensions(name, extension):
    assert extension_of(name) == extension


def test_an_extension_is_replaced():
    assert [with_extension(name, "webp") for name in ("a.b.PNG", "a", "a.b c")] == [
        "a.b.webp",
        "a.webp",
        "a.b c.webp",
    ]


@pytest.mark.parametrize("name", ['合同 "1".pdf', "a;b=c.txt", "100%.txt", "Ünïcode'.txt", "a\\b.txt"])
def test_a_header_says_the_name_and_nothing_else(name):
    header = disposition(name, inline=False)
    assert header.isascii()
    assert "\n" not in header
    read = Message()
    read["Content-Disposition"] = header
    assert read.get_content_disposition() == "attachment"
    assert header.count('"') == 2
    from urllib.parse import unquote

    assert unquote(header.partition("filename*=UTF-8''")[2]) == name
