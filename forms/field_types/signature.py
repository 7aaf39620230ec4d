"""`signature`: a signature drawn by hand, as a PNG of whoever saves the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions.context import Context
from engine.files.repository import StoredFile
from forms.file_field import FileField, Judging
from forms.schema import FieldDocument
from forms.values import Problem

MAX_SIZE = 1_000_000


class SignatureOptions(FieldDocument):
    """A signature is a PNG of at most 1 MB; nobody can put in what somebody else has uploaded."""


class Signature(FileField):
    type = "signature"
    Options = SignatureOptions

    def check(self, pointer: str, context: Context) -> None:
        self._refuse_encryption(pointer, context)

    def _types(self) -> tuple[str, ...]:
        return ("png",)

    def _most(self) -> int | None:
        return MAX_SIZE

    def _problems(self, file: StoredFile, judging: Judging) -> Iterator[Problem]:
        yield from super()._problems(file, judging)
        if file.uploaded_by != judging.user:
            yield Problem(
                "not_your_signature",
                "只能使用本人的签名。",
                "Only your own signature can be used.",
                "请重新签名。",
                "Sign it yourself.",
            )

    def _asked(self) -> dict[str, Any]:
        return {**super()._asked(), "drawn": True}
