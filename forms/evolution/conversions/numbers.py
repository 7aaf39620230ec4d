"""Numbers of one kind -> numbers of another, and truth values."""

from __future__ import annotations

from typing import Any

from forms.evolution.conversions.conversion import Given, unfit


def plainly(given: Given) -> Any:
    """12.50 stays 12.5 and 12.00 becomes 12; decimals that the new type cannot hold are refused by it."""
    text = str(given.value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def yes_or_no(given: Given) -> Any:
    """1 is yes and 0 is no; any other number is neither."""
    text = plainly(given)
    if text not in ("0", "1"):
        raise unfit("只有 0 和 1 可以成为是/否。", "Only 0 and 1 become no and yes.")
    return text == "1"


def one_or_zero(given: Given) -> Any:
    """Yes is 1 and no is 0."""
    return 1 if given.value else 0
