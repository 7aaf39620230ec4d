"""What can be wrong with what a module brings, in words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.definitions.modules.schema import MODULE
from engine.definitions.pointers import Path, pointer_of
from engine.findings import Finding, Text, error, text

FOLDER = "modules"


def _at(written: Path) -> str:
    """The pointer to a part of a module."""
    return pointer_of([FOLDER if written[0] == MODULE else written[0], *written[1:]])


def overrides(written: Path) -> Finding:
    """It says something that the app or another module has said."""
    name = written[-1]
    return error(
        "module_overrides",
        _at(written),
        text(
            f"模块只能新增：此处的“{name}”已有内容。",
            f"A module only adds: '{name}' is there already.",
        ),
        text(
            "请从模块中删除它；要改变原有内容，请改应用自己的定义。",
            "Leave it out of the module; to change what is there, change the document of the app itself.",
        ),
    )


def conflict(written: Path, name: str) -> Finding:
    """It brings what the app or another module has under the same name."""
    return error(
        "module_conflict",
        _at(written),
        text(f"“{name}”已经存在。", f"'{name}' exists already."),
        text(
            "请在模块中换一个键，例如加上模块的前缀。",
            "Use another key in the module, such as one that begins with the key of the module.",
        ),
    )


def not_required(written: Path, other: str) -> Finding:
    """It adds to what another module brings without requiring that module."""
    return error(
        "module_unknown_target",
        _at(written),
        text(
            f"此处来自模块“{other}”，本模块没有声明依赖它。",
            f"This part comes from the module '{other}', which this one does not require.",
        ),
        text(f"请在 requires 中加入“{other}”。", f"Add '{other}' to `requires`."),
    )


def unknown_target(written: Path, name: str, known: Iterable[str]) -> Finding:
    """It adds to a document that there is not."""
    return error(
        "module_unknown_target",
        _at(written),
        text(f"应用中没有“{name}”可供扩展。", f"The app has no '{name}' that could be added to."),
        _meant(name, known, text("要带来新的定义，请写在 add 中。", "A new document belongs into `add`.")),
    )


def unknown_member(written: Path, name: str, known: Iterable[str]) -> Finding:
    """It is to stand behind something that there is not."""
    return error(
        "module_unknown_place",
        _at(written),
        text(f"没有“{name}”可供放在其后。", f"There is no '{name}' to stand behind."),
        _meant(name, known, text("去掉 after 即放在最后。", "Without `after` it stands at the end.")),
    )


def unknown_kind(written: Path, name: str, known: Iterable[str]) -> Finding:
    """It brings a kind of definition that there is not, or that a module cannot bring."""
    return error(
        "module_unknown_kind",
        _at(written),
        text(f"模块不能带来“{name}”这种定义。", f"A module cannot bring definitions of the kind '{name}'."),
        _meant(
            name,
            known,
            text(
                "请写种类名（form、role……），不是文件夹名。",
                "Write the kind (form, role, …), not the folder.",
            ),
        ),
    )


def missing(written: Path, name: str, known: Iterable[str]) -> Finding:
    """It requires a module that the app does not have."""
    return error(
        "module_missing",
        _at(written),
        text(
            f"应用中没有所依赖的模块“{name}”。", f"The app has no module '{name}', which this one requires."
        ),
        _meant(name, known, text("请先加入该模块。", "Put that module into the app, too.")),
    )


def cycle(written: Path, name: str) -> Finding:
    """It requires a module that requires it."""
    return error(
        "module_cycle",
        _at(written),
        text(f"模块与“{name}”互相依赖。", f"The module and '{name}' require each other."),
        text("请去掉其中一个方向，或合为一个模块。", "Drop one direction, or make them one module."),
    )


def _meant(name: str, known: Iterable[str], otherwise: Text) -> Text:
    close = get_close_matches(name, list(known), n=1)
    return text(f"是否想写“{close[0]}”？", f"Did you mean '{close[0]}'?") if close else otherwise
