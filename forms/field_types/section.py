"""`section`: a heading over the fields that follow, up to the next section or tab."""

from __future__ import annotations

from forms.layout import Layout, TitledDocument


class SectionOptions(TitledDocument):
    """A section may be shown `collapsed`."""

    collapsed: bool = False


class Section(Layout):
    type = "section"
    Options = SectionOptions
