"""`images`: several pictures, in order."""

from __future__ import annotations

from pydantic import Field

from forms.file_field import MAX_COUNT, SeveralFiles
from forms.picture_field import PictureField, PictureOptions


class ImagesOptions(PictureOptions):
    """At most `max_count` pictures."""

    max_count: int = Field(default=20, ge=1, le=MAX_COUNT)


class Images(SeveralFiles, PictureField):
    type = "images"
    Options = ImagesOptions
