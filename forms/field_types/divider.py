"""`divider`: a line between fields."""

from __future__ import annotations

from forms.layout import Layout


class Divider(Layout):
    type = "divider"
