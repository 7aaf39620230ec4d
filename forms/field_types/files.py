"""`files`: several uploaded files, in order."""

from __future__ import annotations

from pydantic import Field

from forms.file_field import MAX_COUNT, FileOptions, SeveralFiles


class FilesOptions(FileOptions):
    """At most `max_count` files."""

    max_count: int = Field(default=20, ge=1, le=MAX_COUNT)


class Files(SeveralFiles):
    type = "files"
    Options = FilesOptions
