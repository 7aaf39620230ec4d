"""`tab`: the fields that follow stand on a tab of their own, up to the next tab."""

from __future__ import annotations

from forms.layout import Layout, TitledDocument


class Tab(Layout):
    type = "tab"
    Options = TitledDocument
