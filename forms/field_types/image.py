"""`image`: one picture, with previews."""

from __future__ import annotations

from forms.picture_field import PictureField


class Image(PictureField):
    type = "image"
