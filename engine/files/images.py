"""Pictures: what they say of themselves, and small ones of them."""

from __future__ import annotations

import re
import struct
import threading
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from engine.files.media import PICTURES

PIXELS = 64_000_000
"""The largest picture that is opened; a file of a few bytes may unpack to gigabytes."""
SIZES = (160, 320, 640, 1280)
"""Pixels of the longer side of previews."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
QUALITY = 80

_LARGE = threading.Semaphore(2)
"""A picture that is unpacked takes four bytes a pixel; only so many are at a time."""
_TAKEN = re.compile(r"(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
_OFFSET = re.compile(r"[+-]\d{2}:\d{2}\Z")


class BrokenPicture(Exception):
    """The content cannot be read as the picture it claims to be."""


class TooManyPixels(Exception):
    """The picture is larger than `PIXELS`."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Width and height in pixels as it is shown, how its content is turned (1 to 8, as Exif counts), and what
    it says of itself: `taken_at` (local time, with an offset if it has one), `lat` and `lng` (degrees with 6
    decimals), `camera`, `software`.
    """

    width: int
    height: int
    turn: int
    about: dict[str, str]


def read_picture(path: Path) -> Picture:
    """Look at a picture and unpack it once. Raises BrokenPicture, TooManyPixels."""
    with _opened(path) as image:
        turn, about = _said(image)
        width, height = (image.height, image.width) if turn >= 5 else image.size
        _unpack(image, SIZES[0])
    return Picture(width, height, turn, about)


def preview(path: Path, size: int) -> bytes:
    """The picture as WebP that fits into `size` × `size` pixels, turned as it is shown, without metadata.
    Raises BrokenPicture, TooManyPixels.
    """
    with _opened(path) as image:
        _unpack(image, size)
        shown = ImageOps.exif_transpose(image)
        if shown.mode not in ("RGB", "RGBA"):
            shown = shown.convert(
                "RGBA" if "transparency" in shown.info or shown.mode in ("LA", "PA") else "RGB"
            )
        shown.thumbnail((size, size), Image.Resampling.LANCZOS)
        target = BytesIO()
        shown.save(target, "WEBP", quality=QUALITY)
    return target.getvalue()


def _opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as wrong:
        raise BrokenPicture(str(wrong)) from wrong
    if image.width * image.height > PIXELS:
        image.close()
        raise TooManyPixels()
    return image


def _unpack(image: Image.Image, size: int) -> None:
    """Decode it; a JPEG only as large as it will be needed."""
    with _LARGE:
        try:
            image.draft("RGB", (size, size))
            image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
            raise BrokenPicture(str(wrong)) from wrong


def is_picture(type_: str | None) -> bool:
    """Whether previews can be made of files of this media type."""
    return type_ in PICTURES


def _said(image: Image.Image) -> tuple[int, dict[str, str]]:
    """How it is turned, and the rest. A picture may be good while this part of it is broken."""
    try:
        exif = image.getexif()
        turn = int(exif.get(ExifTags.Base.Orientation) or 1)
        return (turn if turn in range(1, 9) else 1), _about(exif)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error):
        return 1, {}


def _about(exif: Image.Exif) -> dict[str, str]:
    details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    found: dict[str, str | None] = {}
    found["taken_at"] = _taken_at(details)
    found["lat"] = _degrees(place, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S", 90)
    found["lng"] = _degrees(place, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W", 180)
    if found["lat"] is None or found["lng"] is None:
        found["lat"] = found["lng"] = None
    maker, model = _words(exif.get(ExifTags.Base.Make)), _words(exif.get(ExifTags.Base.Model))
    found["camera"] = model if model.startswith(maker) else f"{maker} {model}".strip()
    found["software"] = _words(exif.get(ExifTags.Base.Software))
    return {key: value for key, value in found.items() if value}


def _taken_at(details: dict[int, Any]) -> str | None:
    match = _TAKEN.match(_words(details.get(ExifTags.Base.DateTimeOriginal)))
    if match is None:
        return None
    year, month, day, *clock = match.groups()
    offset = _words(details.get(ExifTags.Base.OffsetTimeOriginal))
    return f"{year}-{month}-{day}T{':'.join(clock)}{offset if _OFFSET.match(offset) else ''}"


def _degrees(place: dict[int, Any], key: int, side: int, negative: str, most: int) -> str | None:
    """Degrees, minutes and seconds as degrees with 6 decimals."""
    try:
        parts = [each.limit_rational(1_000_000) for each in place[key]]
        degrees = sum(
            Fraction(int(top), int(bottom) * step)
            for (top, bottom), step in zip(parts, (1, 60, 3600), strict=True)
        )
    except (KeyError, AttributeError, TypeError, ValueError, ZeroDivisionError):
        return None
    whole = round(degrees * 10**6)
    if not 0 <= whole <= most * 10**6:
        return None
    sign = "-" if _words(place.get(side)).upper().startswith(negative) and whole else ""
    return f"{sign}{whole // 10**6}.{whole % 10**6:06d}"


def _words(value: Any) -> str:
    """Text of a tag without what cannot be shown."""
    text = value if isinstance(value, str) else ""
    return "".join(sign for sign in text if sign.isprintable())[:80].strip()
