"""`richtext`: formatted text as HTML, cleaned of everything that could run or reach out."""

from __future__ import annotations

from typing import Any

import nh3
from pydantic import Field

from forms.field_type import Reading
from forms.operators import PROSE
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import read_text

TAGS = frozenset(
    {
        *(
            "a",
            "abbr",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "div",
            "em",
            "figcaption",
            "figure",
            "hr",
            "i",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s"),
        *("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
        *("small", "span", "strong", "sub", "sup", "u", "ul"),
    }
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "col": {"span"},
    "colgroup": {"span"},
    "*": {"lang"},
}
STYLES = {"color", "background-color", "text-align"}
SCHEMES = {"http", "https", "mailto", "tel"}
SHOWS = ("<img", "<hr")
"""What can be seen although it holds no text."""


class RichtextOptions(FieldDocument):
    """`max_length` counts the HTML as it is stored."""

    max_length: int = Field(default=100_000, ge=1, le=1_000_000)


class Richtext(TextField):
    type = "richtext"
    Options = RichtextOptions
    operators = PROSE

    def parse(self, raw: Any, reading: Reading) -> Any:
        given = read_text(raw, max_length=self.options.max_length, multiline=True)
        return None if given is None else clean(given)

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "contentMediaType": "text/html",
            "maxLength": self.options.max_length,
        }


def clean(html: str) -> str | None:
    """The HTML without scripts, styles, forms, events and foreign schemes; None when nothing is left to see."""
    kept = nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: {*names, "style"} for tag, names in ATTRIBUTES.items()},
        url_schemes=SCHEMES,
        filter_style_properties=STYLES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    ).strip()
    seen = nh3.clean(kept, tags=set()).replace("&nbsp;", " ").replace("\xa0", " ").strip()
    return kept if seen or any(mark in kept for mark in SHOWS) else None
