"""Text cut into tokens. What other languages would accept is refused here with advice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from engine.expressions.errors import Edit, ExpressionError, Span
from engine.expressions.habits import OPERATORS, SAME, WIDE, half_width
from engine.expressions.limits import MAX_TEXT
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS
from engine.findings import text

MAX_CHARACTERS = 4_000

TokenKind = Literal["number", "text", "name", "variable", "operator", "end"]

_PATTERN = re.compile(
    r"""(?P<space>[ \t\r\n\u00a0\u3000]+)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    |(?P<name>[^\W\d]\w*)
    |(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.|'')*')
    |(?P<operator><>|<=|>=|!=|==|\*\*|\|\||&&|[-+*/&=<>(),.\[\]%^!|{}:;~?@\#`\\])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}

_BAD_NUMBER = re.compile(r"[0-9][\w.]*")
_CURRENCY = "¥￥€£"
_CLOSING = "”’＂」"


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the decoded text for texts, the spelling otherwise. A name may have letters of any script, so
    that what people call a field is met as a name; keys, functions and words have none but A to Z.
    """

    kind: TokenKind
    value: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.start, self.end

    @property
    def word(self) -> str:
        """A name in lower case when it may be a word of the language; '' otherwise."""
        return self.value.lower() if self.kind == "name" and self.value.isascii() else ""


def tokenize(source: str, *, limited: bool = True) -> list[Token]:
    """The tokens of `source`, an `end` token last. Raises ExpressionError."""
    if limited and len(source) > MAX_CHARACTERS:
        raise ExpressionError(
            "too_long",
            (0, len(source)),
            f"表达式有 {len(source)} 个字符，最多 {MAX_CHARACTERS} 个。",
            f"The expression has {len(source)} characters; {MAX_CHARACTERS} are allowed.",
            suggestion=text("请拆成几个公式字段。", "Split it into several formula fields."),
        )
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _PATTERN.match(source, position)
        if match is None:
            raise _unexpected(source, position)
        end = match.end()
        if match.lastgroup != "space":
            tokens.append(_token(match.lastgroup or "", match.group(), position, source))
        position = end
    tokens.append(Token("end", "", position, position))
    return tokens


def _token(group: str, spelling: str, start: int, source: str) -> Token:
    end = start + len(spelling)
    if group == "text":
        return Token("text", _decoded(spelling, start), start, end)
    if group == "operator" and spelling in OPERATORS:
        raise ExpressionError(
            "unknown_operator",
            (start, end),
            f"没有运算符“{spelling}”。",
            f"There is no operator '{spelling}'.",
            suggestion=OPERATORS[spelling],
            edit=_instead(source, start, end),
        )
    return Token(group, spelling, start, end)  # type: ignore[arg-type]


def _instead(source: str, start: int, end: int) -> Edit | None:
    """The same said in this language, without the blanks that stand there already."""
    meant = SAME.get(source[start:end])
    if meant is None:
        return None
    before = meant.lstrip() if source[:start].endswith(" ") else meant
    return Edit((start, end), before.rstrip() if source[end:].startswith(" ") else before)


def _decoded(spelling: str, start: int) -> str:
    quote, body = spelling[0], spelling[1:-1].replace(spelling[0] * 2, spelling[0])

    def replaced(match: re.Match[str]) -> str:
        sign = match.group(1)
        if sign in _ESCAPED:
            return _ESCAPED[sign]
        if sign[0] == "u" and len(sign) == 5:
            return chr(int(sign[1:], 16))
        raise ExpressionError(
            "bad_escape",
            (start, start + len(spelling)),
            f"文本中不能写“\\{sign}”。",
            f"'\\{sign}' has no meaning inside a text.",
            suggestion=text("反斜杠本身请写 \\\\。", "For a backslash write \\\\."),
        )

    if "\\" in body:
        # The doubled quote was folded above, so an escaped quote before it must be read from the original.
        body = _ESCAPE.sub(replaced, _unfolded(spelling[1:-1], quote))
    prove_text(body, (start, start + len(spelling)))
    return body


def _unfolded(body: str, quote: str) -> str:
    """Doubled quotes made single, escapes left alone."""
    parts = re.findall(r"\\.|" + quote * 2 + r"|[^\\]", body, re.DOTALL)
    return "".join(quote if part == quote * 2 else part for part in parts)


def prove_text(value: str, span: Span) -> None:
    """Refuse what no database can store: NUL and lone surrogates. Raises ExpressionError."""
    if len(value) > MAX_TEXT:
        raise ExpressionError(
            "text_too_long",
            span,
            f"文本超过 {MAX_TEXT} 个字符。",
            f"The text has more than {MAX_TEXT} characters.",
        )
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ExpressionError(
            "bad_character",
            span,
            "文本含有不可存储的字符。",
            "The text holds a character that cannot be stored.",
        )


def decimal_literal(spelling: str, span: Span) -> tuple[int, int]:
    """(scaled integer, scale) of a plain decimal. Raises ExpressionError when it is too large or too fine."""
    whole, _, fraction = spelling.partition(".")
    fraction = fraction.rstrip("0")
    if len(whole.lstrip("-").lstrip("0")) > UNIT_DIGITS or len(fraction) > MAX_SCALE:
        raise ExpressionError(
            "number_too_large",
            span,
            f"数字最多 {UNIT_DIGITS} 位整数和 {MAX_SCALE} 位小数。",
            f"A number has at most {UNIT_DIGITS} digits before and {MAX_SCALE} after the point.",
        )
    return int(whole + fraction), len(fraction)


def _unexpected(source: str, position: int) -> ExpressionError:
    sign = source[position]
    if sign in "\"'":
        return _unterminated(source, position)
    if sign.isdigit() and sign.isascii():
        found = _BAD_NUMBER.match(source, position)
        return ExpressionError(
            "bad_number",
            (position, found.end() if found else position + 1),
            "数字写法有误。",
            "This is not a plain number.",
            suggestion=text("请写成 1234.56 的形式，不带单位。", "Write it like 1234.56, without a unit."),
        )
    advice, edit = None, None
    if sign in WIDE:
        advice = text(f"请改用半角 {WIDE[sign]}。", f"Type {WIDE[sign]} instead.")
        edit = Edit((0, len(source)), half_width(source))
    elif sign == "$":
        advice = text(
            "变量写成 $me；金额只写数字。", "A variable is written like $me, an amount as a number alone."
        )
    elif sign in _CURRENCY:
        advice = text("金额只写数字。", "Write an amount as a number alone.")
    return ExpressionError(
        "unexpected_character",
        (position, position + 1),
        f"不能识别字符 {sign}。" if sign.isprintable() else f"不能识别字符 U+{ord(sign):04X}。",
        f"Unexpected character U+{ord(sign):04X}{' ' + sign if sign.isprintable() else ''}.",
        suggestion=advice,
        edit=edit,
    )


def _unterminated(source: str, position: int) -> ExpressionError:
    quote, rest = source[position], source[position:]
    wide = next((at for at, sign in enumerate(rest) if sign in _CLOSING), None)
    return ExpressionError(
        "unterminated_text",
        (position, len(source)),
        "文本缺少右引号。",
        "The text has no closing quote.",
        suggestion=text(f"请用半角 {quote} 结束。", f"End it with {quote}."),
        edit=None if wide is None else Edit((position + wide, position + wide + 1), quote),
    )
