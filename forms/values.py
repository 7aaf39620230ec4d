"""Reading values that people and systems send: JSON -> memory form, with problems they understand.

Numbers become integers scaled by the field's decimals; nothing passes through float: a JSON number with a
fraction is read from its shortest decimal text and refused past 15 digits.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.findings import Text

NUMBER = re.compile(r"^\s*([+-]?)(\d{1,30})(?:\.(\d{1,30}))?\s*$")
LIMIT = 10**18
LIMITS = tuple(10**digits for digits in range(19))
"""What a number of so many digits stays below."""
INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001]"
)
"""Signs of format that show nothing: blanks of no width, marks that turn the direction of what follows."""
JOINERS = re.compile("[\u200c\u200d]")
BLANK = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]*"
)
"""A text of these alone looks empty."""
LOOKS_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(each) for each in range(0xFE00, 0xFE10)
}
"""What `str.isprintable` lets pass although it shows nothing."""
UNSTORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
UNSTORED_IN_LINE = re.compile(r"[\x00-\x08\x0a-\x1f\ud800-\udfff]")


class Problem(Exception):
    """A value does not fit its field: a code and a sentence in both languages; `pointer` leads to what is
    wrong inside the value.
    """

    def __init__(self, code: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "") -> None:
        super().__init__(en)
        self.code = code
        self.pointer = ""
        self.message = Text(zh=zh, en=en)
        self.fix = Text(zh=fix_zh, en=fix_en)


def wrong_type(zh: str, en: str, example: str = "") -> Problem:
    """The JSON type does not fit: `zh`/`en` name what is expected, `example` is such a value as JSON."""
    if example:
        return Problem(
            "wrong_type", f"应为{zh}。", f"{en} is expected.", f"例如 {example}。", f"For example {example}."
        )
    return Problem(
        "wrong_type", f"应为{zh}。", f"{en} is expected.", "请改用该类型的值。", "Send a value of that kind."
    )


def read_text(raw: Any, *, max_length: int, multiline: bool) -> str | None:
    """Trimmed text; '' is empty, and so is what shows nothing. One line of text loses its invisible signs of
    format, since two texts that look the same have to be the same; several lines keep them. Control characters
    are refused.
    """
    if not isinstance(raw, str):
        raise wrong_type("文本", "Text", '"…"')
    text = raw.strip() if raw.isprintable() or multiline else visible(raw)
    if not text or (not text.isascii() and BLANK.fullmatch(text)):
        return None
    if len(text) > max_length:
        raise Problem(
            "too_long",
            f"最多 {max_length} 个字符，现有 {len(text)} 个。",
            f"At most {max_length} characters; there are {len(text)}.",
        )
    if not text.isprintable() and (UNSTORED if multiline else UNSTORED_IN_LINE).search(text):
        raise Problem(
            "bad_character", "含有不可用的控制字符。", "It holds control characters that cannot be stored."
        )
    return text


def visible(text: str) -> str:
    """One line of text, trimmed, without signs of format that show nothing. Joiners stay where they shape what is
    written: in emoji and in scripts whose letters join.
    """
    text = INVISIBLE.sub("", text)
    return JOINERS.sub(lambda found: found[0] if _joins(text, found.start()) else "", text).strip()


def _joins(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if not before or not after or after.isascii() or JOINERS.match(before):
        return False
    return "\u0600" <= before <= "\u1aff" or unicodedata.category(before) in ("Mn", "Mc", "So", "Sk")


def read_register_number(raw: Any) -> str | None:
    """A number of a public register: full-width signs, small letters and blanks are put right."""
    value = read_text(raw, max_length=40, multiline=False)
    return None if value is None else "".join(unicodedata.normalize("NFKC", value).upper().split())


def read_number(raw: Any, *, scale: int, digits: int) -> int:
    """A decimal as an integer scaled by 10**scale. More decimals than `scale` are refused unless zero."""
    if type(raw) is str:
        whole, point, fraction = raw.partition(".")
        if (
            len(raw) <= 30
            and whole.isdecimal()
            and (fraction.isdecimal() or not point)
            and len(fraction) <= scale
        ):
            value = int(whole + fraction.ljust(scale, "0"))
            return value if value < LIMITS[min(18, digits)] else _scaled(value, digits, scale)
    elif type(raw) is int:
        return _scaled(raw * 10**scale, digits, scale)
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise no_number()
    if isinstance(raw, float) and len(repr(raw).replace(".", "").replace("-", "").lstrip("0")) > 15:
        raise Problem(
            "too_precise",
            "JSON 数字超过 15 位有效数字，可能已失真。",
            "A JSON number of more than 15 digits may have lost precision.",
            "请以字符串发送。",
            "Send it as a string.",
        )
    found = NUMBER.match(_plain(raw) if isinstance(raw, float) else str(raw))
    if found is None:
        raise no_number()
    sign, whole, fraction = found.groups("")
    fraction = fraction.rstrip("0")
    if len(fraction) > scale:
        raise _too_precise(scale)
    scaled = _scaled(int(whole + fraction.ljust(scale, "0")), digits, scale)
    return -scaled if sign == "-" else scaled


def no_number() -> Problem:
    """What was sent is no plain number."""
    return Problem(
        "wrong_type",
        "应为数字。",
        "A number is expected.",
        "只写数字，例如 1234.5，不带千分位、单位或货币符号。",
        "Write digits alone, such as 1234.5, without separators of thousands, units or currency signs.",
    )


def _too_precise(scale: int) -> Problem:
    if scale == 0:
        return Problem("too_precise", "应为整数。", "A whole number is expected.")
    return Problem("too_precise", f"最多 {scale} 位小数。", f"At most {scale} decimals.")


def _scaled(value: int, digits: int, scale: int) -> int:
    limit = LIMITS[min(digits, 18)]
    if not -limit < value < limit:
        whole = min(digits, 18) - scale
        raise Problem(
            "out_of_range",
            f"数值过大：小数点前最多 {whole} 位。",
            f"The number is too large: at most {whole} digits stand before the point.",
        )
    return value


def _plain(raw: float) -> str:
    text = repr(raw)
    return format(raw, ".20f").rstrip("0").rstrip(".") if "e" in text else text


def number_text(value: int, scale: int) -> str:
    """A scaled integer as a decimal with exactly `scale` decimals."""
    if scale == 0:
        return str(value)
    digits = str(abs(value)).rjust(scale + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def shortest_number(value: int, scale: int) -> str:
    """A scaled integer as people say it, without zeros at the end of its decimals."""
    text = number_text(value, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_date(raw: Any) -> date:
    """A calendar day, YYYY-MM-DD only."""
    if not isinstance(raw, str):
        raise wrong_type("日期", "A date", '"2026-03-31"')
    try:
        if len(raw) != 10:
            raise ValueError
        return date.fromisoformat(raw)
    except ValueError:
        raise Problem(
            "bad_date", "日期无效。", "This is not a date.", "请写成 YYYY-MM-DD。", "Write YYYY-MM-DD."
        ) from None


def read_moment(raw: Any, zone: ZoneInfo) -> datetime:
    """A moment in UTC; without an offset it is read in `zone`, the app's."""
    if not isinstance(raw, str):
        raise wrong_type("日期时间", "A date and time", '"2026-03-31T09:30:00"')
    try:
        if len(raw) < 16:
            raise ValueError
        moment = datetime.fromisoformat(raw)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(
            "bad_datetime",
            "日期时间无效。",
            "This is not a date and time.",
            "请写成 YYYY-MM-DDTHH:MM:SS，可带时区。",
            "Write YYYY-MM-DDTHH:MM:SS, with an offset if you like.",
        ) from None


@lru_cache(1024)
def moment_json(moment: datetime) -> str:
    """ISO 8601 in UTC with Z; microseconds only when there are any."""
    return moment.replace(tzinfo=None).isoformat() + "Z"
