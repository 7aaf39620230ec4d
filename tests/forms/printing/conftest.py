"""How tests print: a template, a record, and what comes out for a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.forms.printing.press import LI, ROOT, publish_press, save, template

if TYPE_CHECKING:
    from engine.identity.principal import Principal
    from engine.runtime import Runtime

Print = Callable[..., Any]


class Press:
    """Prints records of the press app."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def publish(self, body: str, en: str | None = None, **more: Any) -> None:
        publish_press(self.runtime, template(body, en, **more))

    def save(self, form: str = "deal", **values: Any) -> str:
        return save(self.runtime, form, **values)

    def gathered(self, record: str, who: Principal = ROOT, language: str = "zh") -> Any:
        from forms.compiled import compiled_form
        from forms.printing.service import gather

        with self.runtime.reading(who) as work:
            app = work.app("press")
            return gather(work, app, compiled_form(app, "deal"), "sheet", [record], language=language)[0]

    def words(self, record: str, who: Principal = ROOT, language: str = "zh") -> str:
        """The words of the body."""
        from forms.printing.nodes import words_of

        return words_of(self.gathered(record, who, language).body)

    def html(self, record: str, who: Principal = ROOT, language: str = "zh") -> str:
        return self._paper(record, who, language, "html").content.decode()

    def pdf(self, record: str, who: Principal = ROOT, language: str = "zh") -> Any:
        return self._paper(record, who, language, "pdf")

    def _paper(self, record: str, who: Principal, language: str, form: Any) -> Any:
        from forms.printing.paper import on_paper

        made_at = self.runtime.clock.now()
        return on_paper(self.runtime, [self.gathered(record, who, language)], form, made_at=made_at)


@pytest.fixture
def press(runtime: Runtime, people: dict[str, Any]) -> Press:
    """A press without a template yet."""
    return Press(runtime)


@pytest.fixture
def clerk() -> Principal:
    return LI
