"""Samples of text fields."""

from __future__ import annotations

from datetime import date

from tests.forms.sample import Sample, same

HTML = '<p>合同 <strong>要点</strong> <a href="https://example.com" rel="noopener noreferrer nofollow">见附件</a></p>'

SAMPLES = {
    "text": Sample(
        "text",
        valid=(
            ("  青岛 ", "青岛"),
            *same("a", "𠮷野家", "=1+1", "'quoted'"),
            ("", None),
            ("\u200b", None),
            ("\u3164", None),
            ("\ufeff重\u200bx\u202e", "重x"),
        ),
        wrong=((5, "wrong_type"), ("x" * 21, "too_long"), ("a\nb", "bad_character"), ([], "wrong_type")),
        options={"max_length": 20},
        cells=((12.0, "12"), (13812345678.0, "13812345678"), (date(2026, 3, 1), "2026-03-01"), (None, None)),
    ),
    "text_pattern": Sample(
        "text", valid=same("AB-12"), wrong=(("12-AB", "pattern"),), options={"pattern": "^[A-Z]+-[0-9]+$"}
    ),
    "textarea": Sample(
        "textarea",
        valid=same("第一行\n第二行", "x" * 30),
        wrong=((True, "wrong_type"), ("x" * 31, "too_long"), ("a\x07", "bad_character")),
        options={"max_length": 30},
    ),
    "richtext": Sample(
        "richtext",
        valid=(
            *same("<p>你好</p>", HTML, '<p style="color:red">x</p>'),
            ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
            ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
            ('<img src="x.png" onerror="alert(1)">', '<img src="x.png">'),
            ('<p style="position:fixed;color:red">x</p>', '<p style="color:red">x</p>'),
            ("<p> &nbsp; </p>", None),
            ("<svg><script>alert(1)</script></svg>", None),
        ),
        wrong=((5, "wrong_type"), ("x" * 201, "too_long"), ("a\x07b", "bad_character")),
        options={"max_length": 200},
    ),
    "markdown": Sample(
        "markdown",
        valid=same("# 标题\n\n- 一\n- 二", "**粗**"),
        wrong=(({}, "wrong_type"), ("x" * 101, "too_long")),
        options={"max_length": 100},
    ),
    "code": Sample(
        "code",
        valid=(
            *same("  if x:\n\treturn 1\n", "SELECT 1"),
            ("a\r\nb", "a\nb"),
            ("  \n", None),
        ),
        wrong=((1, "wrong_type"), ("x" * 51, "too_long"), ("a\x1b", "bad_character")),
        options={"language": "python", "max_length": 50},
    ),
    "json": Sample(
        "json",
        valid=(
            *same({"a": [1, 2.5, None, {"b": "中"}]}, [], "text", 5, False, {}),
            ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ),
        wrong=(("x" * 60, "too_long"), ({"a": ["y" * 60]}, "too_long")),
        options={"max_length": 60},
        cells=(('{"a": 1}', {"a": 1}), ("[1, 2]", [1, 2]), (5.0, 5)),
        wrong_cells=(("{a: 1}", "bad_json"),),
    ),
    "url": Sample(
        "url",
        valid=(
            *same("https://example.com/a?b=1#c", "http://例子.中国/路径", "https://[::1]:8080/"),
            ("HTTPS://example.com", "https://example.com"),
            ("", None),
        ),
        wrong=(
            ("www.example.com", "bad_url"),
            ("javascript:alert(1)", "bad_url"),
            ("https://", "bad_url"),
            ("https://a b.com", "bad_url"),
            ("https://example.com:99999", "bad_url"),
            ("ftp://example.com", "bad_url"),
            (7, "wrong_type"),
        ),
    ),
    "email": Sample(
        "email",
        valid=(*same("zhang@example.com"), (" a@b.cn ", "a@b.cn")),
        wrong=(("zhang", "bad_email"), ("a@b", "bad_email"), (1, "wrong_type")),
    ),
    "phone": Sample(
        "phone",
        valid=(
            ("13812345678", "+8613812345678"),
            ("+4930123456", "+4930123456"),
            ("0532-85711111", "+8653285711111"),
        ),
        wrong=(("12", "bad_phone"), ("abc", "bad_phone"), (13812345678, "wrong_type")),
        cells=((13812345679.0, "13812345679"), (13812345679, "13812345679")),
    ),
    "barcode": Sample(
        "barcode",
        valid=same("ABC-123", "6901035600118"),
        wrong=(("条码", "bad_barcode"), (6901035600118, "wrong_type")),
        cells=((6901035600118.0, "6901035600118"),),
    ),
    "barcode_ean": Sample(
        "barcode",
        valid=same("6901035600118", "4006381333931"),
        wrong=(
            ("6901035600119", "bad_check_digit"),
            ("690103560011", "bad_barcode"),
            ("690103560011X", "bad_barcode"),
        ),
        options={"symbology": "ean13"},
    ),
    "barcode_retail": Sample(
        "barcode",
        valid=same("036000291452", "96385074", "4006381333931", "15400141288763"),
        wrong=(("036000291453", "bad_check_digit"), ("12345", "bad_barcode")),
        options={"symbology": "retail"},
    ),
    "color": Sample(
        "color",
        valid=(("#1A73E8", "#1a73e8"), ("#abc", "#aabbcc"), ("", None)),
        wrong=(("red", "bad_color"), ("#12345", "bad_color"), ("#11223344", "bad_color"), (0, "wrong_type")),
    ),
    "color_alpha": Sample(
        "color", valid=same("#11223344"), wrong=(("#1122334", "bad_color"),), options={"alpha": True}
    ),
    "uscc": Sample(
        "uscc",
        valid=(
            *same("91350100M000100Y43", "91110000600037341L"),
            (" 91350100m000100y43", "91350100M000100Y43"),
            ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        ),
        wrong=(
            ("91350100M000100Y4", "pattern"),
            ("91350100M000100Y44", "bad_check_digit"),
            ("91350100I000100Y43", "bad_check_digit"),
            (91350100, "wrong_type"),
        ),
    ),
    "idno": Sample(
        "idno",
        valid=(
            *same("11010519491231002X", "440524188001010014"),
            ("11010519491231002x", "11010519491231002X"),
        ),
        wrong=(
            ("110105194912310021", "bad_id_number"),
            ("110105194913310029", "bad_id_number"),
            ("1101051949123100", "bad_id_number"),
            (11010519491231, "wrong_type"),
        ),
        wrong_cells=((1.1010519491231e17, "too_precise"),),
    ),
}
