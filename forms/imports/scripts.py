"""Whether a text that was read as gb18030 is Chinese: much of what other encodings hold can be read so, too, and
gives other characters. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Iterable

COMMON = 0.1
"""At least so large a part of a Chinese text, of a traditional one too, are characters of GB 2312."""
SOME = 20
"""So many different characters tell what they have in common."""
HANGUL = range(0xB0, 0xC9)
"""First bytes of the syllables of EUC-KR: read as Chinese they are the characters up to `ran` by sound, and half of
those that people use come after it.
"""
FEW = 6
"""From so many on they make one doubt: every other character that Chinese people use is among the first."""
KANA, DIFFERENT = 0.2, 3
"""A larger part of kana than the first, of at least so many different ones, is Japanese."""


class Script:
    """Counts the signs of a text beyond ASCII."""

    def __init__(self, text: Iterable[str]) -> None:
        self.beyond = self.common = self.kana = 0
        self._different = set[str]()
        for part in text:
            plain = len(part.encode("ascii", "ignore"))
            self.beyond += len(part) - plain
            self.common += (len(part.encode("gb2312", "ignore")) - plain) // 2
            different = {sign for sign in set(part) if ord(sign) > 0x7F}
            self._different |= different
            self.kana += sum(part.count(sign) for sign in different if _is_kana(sign))

    @property
    def chinese(self) -> bool:
        """Whether a good part are everyday Chinese signs, and these are not what Korean is read as."""
        return self.common >= self.beyond * COMMON and not self._korean(SOME)

    @property
    def doubtful(self) -> str | None:
        """The encoding that it may be in instead. EUC-JP read as gb18030 has much kana, and only that is right."""
        different = sum(map(_is_kana, self._different))
        if different >= DIFFERENT and self.kana >= self.beyond * KANA:
            return "euc-jp"
        return "euc-kr" if self._korean(FEW) else None

    def _korean(self, least: int) -> bool:
        hanzi = [sign.encode("gb18030")[0] for sign in self._different if "\u4e00" <= sign <= "\u9fff"]
        return len(hanzi) >= least and all(first in HANGUL for first in hanzi)


def _is_kana(sign: str) -> bool:
    return "\u3041" <= sign <= "\u30ff"
