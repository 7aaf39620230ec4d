"""RMB_UPPER: an amount in the capital numerals of Chinese cheques and invoices. In memory only.

Source: Payment and Settlement Measures of the People's Bank of China (支付结算办法), annex 1. Where it
allows two spellings, the one it names first is used; 整 follows 元 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions.coerce import to_scale
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function
from engine.expressions.parameters import number_argument
from engine.expressions.typed import Node
from engine.expressions.types import TEXT
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
WAN, YI = 10**4, 10**8
_FEN = 2


class RmbUpper(Function):
    type = "RMB_UPPER"
    in_memory = True
    result = TEXT
    parameters = (number_argument("amount"),)
    doc = text(
        "人民币大写金额，四舍五入到分。",
        "An amount of yuan in Chinese capital numerals, rounded to the fen.",
    )
    examples = (
        Example("RMB_UPPER(1409.5)", "壹仟肆佰零玖元伍角"),
        Example("RMB_UPPER(100000)", "壹拾万元整"),
        Example("RMB_UPPER(-0.05)", "负伍分"),
    )

    def check(self, site: Site) -> Node:
        (amount,) = site.declared()
        if amount.type.currency not in {None, "CNY"}:
            raise ExpressionError(
                "currency_mismatch",
                amount.span,
                f"大写金额只用于人民币，却是 {amount.type.currency}。",
                f"Capital numerals are for amounts of CNY, not {amount.type.currency}.",
                suggestion=text("请先按汇率换算。", "Convert with a rate first."),
            )
        return site.apply(TEXT, [to_scale(amount, _FEN)])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(capital_amount)}({arguments[0]})"


def capital_amount(fen: int) -> str:
    """The amount of so many fen, in words."""
    yuan, rest = divmod(abs(fen), 100)
    tenths, hundredths = divmod(rest, 10)
    made = "负" if fen < 0 else ""
    if yuan or not rest:
        made += f"{capital_number(yuan) or DIGITS[0]}元"
    # One 零 stands for a gap beside the point: no whole yuan in the units, or no tenths.
    if yuan and rest and (tenths == 0 or yuan % 10 == 0):
        made += DIGITS[0]
    made += f"{DIGITS[tenths]}角" if tenths else ""
    made += f"{DIGITS[hundredths]}分" if hundredths else ""
    return made if rest else f"{made}整"


def capital_number(number: int) -> str:
    """A whole number below 10**16; empty for zero."""
    for unit, name in ((YI, "亿"), (WAN, "万")):
        if number >= unit:
            above, below = divmod(number, unit)
            gap = DIGITS[0] if 0 < below < unit // 10 else ""
            return f"{capital_number(above)}{name}{gap}{capital_number(below)}"
    return _section(number)


def _section(number: int) -> str:
    """Up to four digits; zeros between others become one 零, those at the end none."""
    made, gap = "", False
    for place in reversed(range(len(PLACES))):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(made)
            continue
        made += f"{DIGITS[0] if gap else ''}{DIGITS[digit]}{PLACES[place]}"
        gap = False
    return made
