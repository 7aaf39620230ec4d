"""The organisation as a JSON document: departments and users with stable keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import Invalid
from engine.findings import Finding, Text, error, text

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
D = TypeVar("D", bound=BaseModel)
EMAIL = r"^[^@\s]{1,64}@[^@\s]{1,189}$"
PHONE = r"^\+?[0-9][0-9 -]{3,23}$"


class Strict(BaseModel):
    """A document that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """A name in both languages."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


class DepartmentDocument(Strict):
    """A department; `parent` and `head` name another department and a user."""

    id: Key
    name: Label
    parent: Key | None = None
    head: Key | None = None


class UserDocument(Strict):
    """A user; `username` is `id` unless given."""

    id: Key
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$")] | None = None
    name: Label
    dept: Key | None = None
    superior: Key | None = None
    roles: tuple[Key, ...] = ()
    email: Annotated[str, Field(pattern=EMAIL)] | None = None
    phone: Annotated[str, Field(pattern=PHONE)] | None = None
    locale: Literal["zh", "en"] = "zh"
    active: bool = True


class Organisation(Strict):
    """All departments and users of one document."""

    departments: tuple[DepartmentDocument, ...] = ()
    users: tuple[UserDocument, ...] = ()


MESSAGES: dict[str, Text] = {
    "missing": text("此项必填。", "This is required."),
    "extra_forbidden": text("没有这个属性。", "There is no such property."),
    "string_pattern_mismatch": text("格式不正确。", "The format is not right."),
}


def read_document(model: type[D], document: Any) -> D:
    """The checked document. Raises Invalid with a pointer per finding."""
    try:
        return model.model_validate(document)
    except ValidationError as failure:
        raise Invalid([_finding(each) for each in failure.errors(include_url=False)]) from None


def _finding(problem: Mapping[str, Any]) -> Finding:
    pointer = "".join(f"/{part}" for part in problem["loc"])
    message = MESSAGES.get(problem["type"], text(f"值不正确：{problem['msg']}", problem["msg"]))
    return error(str(problem["type"]), pointer, message)


def loop_findings(kind: str, parents: Mapping[str, str | None]) -> Iterable[Finding]:
    """One finding per key whose chain of `parents` comes back to it."""
    for position, key in enumerate(parents):
        seen, above = {key}, parents[key]
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == key:
            yield error(
                "loop",
                f"/{kind}/{position}",
                text(f"“{key}”的上级链绕回到了自己。", f"The chain above '{key}' comes back to itself."),
                text("请改正其中一级的上级。", "Correct one link of the chain."),
            )
