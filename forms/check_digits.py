"""Check digits of codes that come from outside, by their published standards."""

from __future__ import annotations

import re
from datetime import date

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_MARKS = "10X98765432"
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = tuple(3**place % 31 for place in range(17))
CREDIT_CODE = re.compile(rf"[1-9A-Z][1-9]\d{{6}}[{CREDIT_SIGNS}]{{10}}\Z", re.ASCII)
ID_NUMBER = re.compile(r"[1-9]\d{16}[0-9X]\Z", re.ASCII)


def credit_mark(code: str) -> str:
    """The last sign of a unified social credit code. Source: GB 32100-2015."""
    total = sum(
        CREDIT_SIGNS.index(sign) * weight for sign, weight in zip(code[:17], CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_SIGNS[-total % 31]


def is_credit_code(code: str) -> bool:
    """Whether 18 signs are a unified social credit code."""
    return bool(CREDIT_CODE.match(code)) and code[17] == credit_mark(code)


def id_mark(number: str) -> str:
    """The last sign of a citizen's number. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    return ID_MARKS[
        sum(int(digit) * weight for digit, weight in zip(number[:17], ID_WEIGHTS, strict=True)) % 11
    ]


def born(number: str) -> date | None:
    """The day of birth in a citizen's number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_id_number(number: str) -> bool:
    """Whether 18 signs are a citizen's number: its day of birth exists and its last sign is right."""
    return bool(ID_NUMBER.match(number)) and born(number) is not None and number[17] == id_mark(number)


def retail_mark(digits: str) -> str:
    """The last digit of an EAN or UPC whose other digits are `digits`. Source: GS1 General Specifications."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
