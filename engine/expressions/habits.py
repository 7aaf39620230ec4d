"""What people bring along from spreadsheets, databases and Chinese keyboards, and what to write instead."""

from __future__ import annotations

import re

from engine.findings import Text, text

OPERATORS: dict[str, Text] = {
    "**": text("请用 POWER(x, y)。", "Use POWER(x, y)."),
    "^": text("请用 POWER(x, y)。", "Use POWER(x, y)."),
    "||": text("请写 or；连接文本请用 &。", "Write or; to join texts use &."),
    "|": text("请写 or。", "Write or."),
    "&&": text("请写 and。", "Write and."),
    "!": text("请写 not。", "Write not."),
    ";": text("参数之间请用逗号。", "Separate arguments with commas."),
    "?": text("请用 IF(条件, a, b)。", "Use IF(condition, a, b)."),
    "{": text("列表请用方括号 [ ]；字段直接写键名。", "Write a list in [ ], and field keys bare."),
    "`": text("字段直接写键名，文本用引号。", "Write field keys bare and texts in quotes."),
}
"""Signs that are no operators."""

SAME: dict[str, str] = {"&&": " and ", "||": " or ", "!": "not ", ";": ","}
"""What a sign means by itself, whatever stands around it."""

WORDS: dict[str, Text] = {
    "is": text("请用 ISBLANK(x) 或 not ISBLANK(x)。", "Use ISBLANK(x) or not ISBLANK(x)."),
    "like": text("请用 CONTAINS(x, y) 或 STARTSWITH(x, y)。", "Use CONTAINS(x, y) or STARTSWITH(x, y)."),
    "contains": text(
        '请用 CONTAINS(x, y)；多选用 x has "key"。', 'Use CONTAINS(x, y); for several choices x has "key".'
    ),
    "startswith": text("请用 STARTSWITH(x, y)。", "Use STARTSWITH(x, y)."),
    "endswith": text("请用 ENDSWITH(x, y)。", "Use ENDSWITH(x, y)."),
    "if": text("请用 IF(条件, a, b)。", "Use IF(condition, a, b)."),
    "then": text("请用 IF(条件, a, b)。", "Use IF(condition, a, b)."),
    "case": text("请用 IFS 或 SWITCH。", "Use IFS or SWITCH."),
    "xor": text("请用 XOR(a, b)。", "Use XOR(a, b)."),
    "mod": text("请用 MOD(a, b)。", "Use MOD(a, b)."),
}
"""Words that stand between values elsewhere and mean nothing there in this language."""

_SIGNS = dict(
    zip(
        "（），、；：＝＞＜“”„‘’「」＋－−＊×／÷．。！【】［］％＆　０１２３４５６７８９",
        '(),,;:=><"""\'\'""+--**//..![][]%& 0123456789',
        strict=True,
    )
)
WIDE: dict[str, str] = {**_SIGNS, "≥": ">=", "≤": "<=", "≠": "<>", "≧": ">=", "≦": "<="}
"""Signs of a Chinese keyboard and of print, and how they are typed here."""
_NARROW = str.maketrans(WIDE)
_QUOTED = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.|'')*')|[“”„](?P<curled>[^“”„]*)[“”„]"""
    r"""|[‘’](?P<single>[^‘’]*)[‘’]|「(?P<corner>[^「」]*)」""",
    re.DOTALL,
)

FUNCTIONS: dict[str, str] = {
    "AVERAGE": "AVG(rows.field)",
    "AVERAGEIF": "AVG(rows.field, condition)",
    "AVERAGEIFS": "AVG(rows.field, condition)",
    "BETWEEN": "x between a and b",
    "CASE": "IFS(condition, a, b)",
    "CHANGE": "CHANGED(field)",
    "CHOOSE": "SWITCH(x, 1, a, 2, b)",
    "CONCATENATE": "CONCAT(a, b)",
    "COUNTA": "COUNT(rows.field)",
    "COUNTIF": "COUNT(rows, condition)",
    "COUNTIFS": "COUNT(rows, condition)",
    "CURDATE": "TODAY()",
    "CURRENT_DATE": "TODAY()",
    "CURRENT_TIMESTAMP": "NOW()",
    "CURRENTUSER": "ME()",
    "DATEDIF": 'DATEDIFF("day", from, to)',
    "FALSE": "false",
    "GETDATE": "TODAY()",
    "IFNA": "IFERROR(x, y)",
    "IFNULL": "COALESCE(x, y)",
    "IIF": "IF(condition, a, b)",
    "INSTR": "FIND(part, text)",
    "ISEMPTY": "ISBLANK(x)",
    "ISNOTBLANK": "not ISBLANK(x)",
    "ISNOTEMPTY": "not ISBLANK(x)",
    "ISNULL": "ISBLANK(x)",
    "LCASE": "LOWER(x)",
    "LENGTH": "LEN(x)",
    "LIKE": "CONTAINS(text, part)",
    "MAXIFS": "MAXOF(rows.field, condition)",
    "MEAN": "AVG(rows.field)",
    "MINIFS": "MINOF(rows.field, condition)",
    "NVL": "COALESCE(x, y)",
    "POW": "POWER(x, y)",
    "REGEXMATCH": "MATCHES(text, pattern)",
    "SEARCH": "FIND(part, text)",
    "SUBSTR": "MID(text, start, count)",
    "SUBSTRING": "MID(text, start, count)",
    "SUMIF": "SUM(rows.field, condition)",
    "SUMIFS": "SUM(rows.field, condition)",
    "SUMPRODUCT": "SUM(rows.a * rows.b)",
    "TRUE": "true",
    "UCASE": "UPPER(x)",
    "USER": "ME()",
    "VLOOKUP": "LOOKUP(rows.field, order)",
    "XLOOKUP": "LOOKUP(rows.field, order)",
}
"""Functions that go by another name elsewhere, and the call that does it here."""


def half_width(source: str) -> str:
    """`source` with the signs of a Chinese keyboard typed plainly; what stands in quotes is kept."""
    made, at = "", 0
    for match in _QUOTED.finditer(source):
        made += source[at : match.start()].translate(_NARROW)
        made += match.group() if match.group("text") else _plainly_quoted(match)
        at = match.end()
    return made + source[at:].translate(_NARROW)


def _plainly_quoted(match: re.Match[str]) -> str:
    inside = next(each for each in match.groups() if each is not None)
    return '"' + inside.replace("\\", "\\\\").replace('"', '\\"') + '"'
