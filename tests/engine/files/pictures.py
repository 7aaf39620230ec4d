"""Pictures made for tests, with what a telephone writes into them."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image

TAKEN = "2026:04:01 09:10:00"


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that does not compress to nothing; the same every time."""
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))


def exif(*, turn: int = 1, taken: str = TAKEN, offset: str = "+08:00", place: bool = True) -> Image.Exif:
    """What a telephone says: when, where (31.3032, 120.5868) and with what."""
    made = Image.Exif()
    made[ExifTags.Base.Make] = "Acme"
    made[ExifTags.Base.Model] = "Acme Phone 5"
    made[ExifTags.Base.Orientation] = turn
    details = made.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if place:
        gps = made.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef] = "N"
        gps[ExifTags.GPS.GPSLatitude] = (31.0, 18.0, 11.52)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E"
        gps[ExifTags.GPS.GPSLongitude] = (120.0, 35.0, 12.48)
    return made


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """The bytes of a picture; `exif=` puts in what it says of itself."""
    target = BytesIO()
    mode = "P" if kind == "GIF" else "RGB"
    noise(*size).convert(mode).save(target, kind, **more)
    return target.getvalue()
