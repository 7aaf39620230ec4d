"""Pictures on paper: those of records from the file store, those that a template brings along."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from engine.files.images import BrokenPicture, TooManyPixels, preview
from engine.files.store import BlobMissing, FileStore
from forms.printing.nodes import Picture

PIXELS = 1280
"""Of the longer side: 160 dots an inch across a page."""
MOST_PIXELS = 16_000_000


def stored(picture: Picture, store: FileStore) -> bytes | None:
    """A picture of a record as WebP, without metadata; None when its content is gone or broken."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "original"
        try:
            store.copy_to(picture.place, path)
            return preview(path, PIXELS)
        except (BlobMissing, BrokenPicture, TooManyPixels):
            return None


def proven(content: bytes) -> bool:
    """Whether these bytes are a whole PNG or JPEG of reasonable size. Raises BrokenPicture."""
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                return False
            image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise BrokenPicture(str(wrong)) from wrong
    return True
