"""The base of fields that hold pictures: what browsers show, with previews; taken by the camera where asked."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from engine.definitions.context import Context
from engine.files.media import BY_EXTENSION, PICTURES, covers
from engine.files.repository import StoredFile
from engine.findings import Text
from forms.file_field import FileField, FileOptions, Judging
from forms.schema import FieldDocument
from forms.values import Problem

MAX_SIZE = 50_000_000
USUAL_SIZE = 20_000_000


class PictureOptions(FileOptions):
    """`types` are among jpg, png, gif and webp. `camera_only`: taken by the camera there and then, not chosen
    from the gallery, and no older than `max_age_hours` when it is uploaded, if the picture tells. `metadata`
    is when, where and with what it was taken: kept, or stripped for good.
    """

    max_size: int = Field(default=USUAL_SIZE, ge=1, le=MAX_SIZE)
    camera_only: bool = False
    max_age_hours: int = Field(default=24, ge=1)
    metadata: Literal["keep", "strip"] = "keep"


class PictureField(FileField):
    """A field of one picture."""

    Options: ClassVar[builtins.type[FieldDocument]] = PictureOptions

    @property
    def strips(self) -> bool:
        return bool(self.options.metadata == "strip")

    def check(self, pointer: str, context: Context) -> None:
        self._refuse_encryption(pointer, context)
        names = [name for name, media in BY_EXTENSION.items() if media.type in PICTURES]
        for index, wanted in enumerate(self.options.types):
            if wanted != "image" and not any(covers((wanted,), type_) for type_ in PICTURES):
                what = Text(zh="图片类型", en="type of picture")
                context.unknown("unknown_file_type", f"{pointer}/types/{index}", wanted, names, what)

    def _types(self) -> tuple[str, ...]:
        given = [wanted for wanted in self.options.types if wanted != "image"]
        return tuple(given or ("jpg", "png", "gif", "webp"))

    def _problems(self, file: StoredFile, judging: Judging) -> Iterator[Problem]:
        yield from super()._problems(file, judging)
        if self.options.camera_only:
            yield from self._not_there_and_then(file, judging)

    def _not_there_and_then(self, file: StoredFile, judging: Judging) -> Iterator[Problem]:
        if file.source != "camera":
            yield Problem(
                "camera_only",
                "只接收现场拍摄的照片，不能从相册选择。",
                "Only a photo taken by the camera is taken here, none from the gallery.",
                "请用相机重新拍摄。",
                "Take the photo with the camera.",
            )
        taken = taken_at(file, judging)
        oldest = file.created_at - timedelta(hours=self.options.max_age_hours)
        if taken is not None and taken < oldest:
            yield Problem(
                "photo_too_old",
                f"照片拍摄于 {taken.astimezone(judging.zone):%Y-%m-%d %H:%M}，早于允许的 {self.options.max_age_hours} 小时。",
                f"The photo was taken at {taken.astimezone(judging.zone):%Y-%m-%d %H:%M}, more than "
                f"{self.options.max_age_hours} hours before it was uploaded.",
                "请重新拍摄。",
                "Take it again.",
            )

    def _asked(self) -> dict[str, Any]:
        camera = {"camera_only": True} if self.options.camera_only else {}
        return {**super()._asked(), **camera}


def taken_at(file: StoredFile, judging: Judging) -> datetime | None:
    """When the picture says it was taken; without an offset it is local time of the app."""
    said = (file.about or {}).get("taken_at")
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None  # cameras without a set clock write 0000-00-00
    return moment if moment.tzinfo else moment.replace(tzinfo=judging.zone)
