"""`barcode`: the code of goods or of a label; EAN and UPC with their check digit."""

from __future__ import annotations

import re
from typing import Any, Literal

from forms.check_digits import retail_mark
from forms.field_type import Reading
from forms.operators import WORDS
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, read_text

Symbology = Literal["any", "ean13", "ean8", "upc_a", "itf14", "retail"]
LENGTHS: dict[str, tuple[int, ...]] = {
    "ean13": (13,),
    "ean8": (8,),
    "upc_a": (12,),
    "itf14": (14,),
    "retail": (8, 12, 13, 14),
}
PRINTABLE = re.compile(r"[\x20-\x7e]{1,80}\Z")


class BarcodeOptions(FieldDocument):
    """`retail` is any of EAN-8, UPC-A, EAN-13 and ITF-14; `any` is what a scanner may read, such as Code 128.
    Without `check_digit` the last digit is not proved.
    """

    symbology: Symbology = "any"
    check_digit: bool = True


class Barcode(TextField):
    type = "barcode"
    Options = BarcodeOptions
    operators = WORDS

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = read_text(raw, max_length=80, multiline=False)
        if value is None:
            return None
        lengths = LENGTHS.get(self.options.symbology)
        if lengths is None:
            if not PRINTABLE.match(value):
                raise Problem(
                    "bad_barcode", "条码只能含可打印的 ASCII 字符。", "A bar code holds printable ASCII only."
                )
            return value
        if not (value.isascii() and value.isdigit() and len(value) in lengths):
            digits = "、".join(map(str, lengths))
            raise Problem(
                "bad_barcode",
                f"条码应为 {digits} 位数字。",
                f"The bar code has {digits.replace('、', ', ')} digits.",
                "请重新扫描。",
                "Scan it again.",
            )
        if self.options.check_digit and value[-1] != retail_mark(value[:-1]):
            raise Problem(
                "bad_check_digit",
                "条码的校验位不对。",
                "The check digit of the bar code is wrong.",
                "请重新扫描。",
                "Scan it again.",
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        lengths = LENGTHS.get(self.options.symbology)
        if lengths is None:
            return {"type": "string", "maxLength": 80}
        return {"type": "string", "pattern": f"^({'|'.join(rf'[0-9]{{{length}}}' for length in lengths)})$"}
