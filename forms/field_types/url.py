"""`url`: an address of the web; only schemes that are safe to click."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from forms.field_type import Reading
from forms.operators import WORDS
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, read_text

HOST = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[\w-]{1,63}(?<!-)\.)*(?!-)[\w-]{1,63}(?<!-)\Z|\[[0-9a-fA-F:.]+\]\Z")
LONGEST = 2000
Scheme = Literal["http", "https", "ftp", "sftp"]


WEB: list[Scheme] = ["http", "https"]


class UrlOptions(FieldDocument):
    """`schemes` are those an address may have."""

    schemes: list[Scheme] = Field(default_factory=WEB.copy, min_length=1)


class Url(TextField):
    type = "url"
    Options = UrlOptions
    operators = WORDS

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = read_text(raw, max_length=LONGEST, multiline=False)
        if value is None:
            return None
        scheme, colon, rest = value.partition(":")
        if not (colon and rest.startswith("//") and self._reaches(scheme.lower(), rest)):
            raise Problem(
                "bad_url",
                "网址无效。",
                "This is not an address of the web.",
                f"请以 {'、'.join(f'{each}://' for each in self.options.schemes)} 开头，例如 https://example.com。",
                f"Begin with {' or '.join(f'{each}://' for each in self.options.schemes)}, as in https://example.com.",
            )
        return f"{scheme.lower()}:{rest}"

    def _reaches(self, scheme: str, rest: str) -> bool:
        """Whether there is a host that the scheme can lead to."""
        if scheme not in self.options.schemes or any(sign.isspace() or sign in '<>"\\' for sign in rest):
            return False
        try:
            parts = urlsplit(f"{scheme}:{rest}")
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            return False
        return bool(HOST.match(f"[{host}]" if ":" in host else host))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": LONGEST}
