"""`file`: one uploaded file."""

from __future__ import annotations

from forms.file_field import FileField


class File(FileField):
    type = "file"
