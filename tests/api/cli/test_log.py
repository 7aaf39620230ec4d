"""The commands of the operation log, as an administrator types them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from alembic.script import ScriptDirectory

from api.cli.main import run
from api.migrations import VERSION_TABLE, scripts
from engine.changes.sealer import Sealer
from engine.definitions.app import CompiledApp
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import publish_shop

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def fourfold(
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    tmp_path: Path,
) -> Iterator[Call]:
    """`fourfold("log", "verify")`: the command in this process, on the store of the test."""
    _stamp(runtime)
    monkeypatch.setenv("FOURFOLD_HOME", str(tmp_path))
    monkeypatch.setenv("FOURFOLD_DATABASE_URL", database_url)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["fourfold", *words])
        with pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    yield call
    structlog.reset_defaults()


def _stamp(runtime: Runtime) -> None:
    """Say that the tables of the test, which no migration made, are those of the newest revision."""
    head = ScriptDirectory(str(scripts())).get_current_head()
    with runtime.database.writer.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)")
        connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{head}')")


@pytest.fixture
def product(runtime: Runtime) -> str:
    app: CompiledApp = publish_shop(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        made = records.create(work, compiled_form(app, "product"), {"sku": "p1", "price": 100})
    return str(made["id"])


def tamper(runtime: Runtime, statement: str) -> None:
    with runtime.database.writer.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_whole_log_is_said_to_be_whole(fourfold: Call, product: str) -> None:
    code, said = fourfold("log", "verify")
    assert code == 0
    assert said.count("完整 / whole") == 3


def test_the_row_somebody_changed_is_named(fourfold: Call, runtime: Runtime, product: str) -> None:
    Sealer(runtime).run_once(all_rows=True)
    tamper(runtime, "UPDATE ff_change SET actor = 'li'")
    code, said = fourfold("log", "verify")
    assert code == 1
    assert "row_altered" in said
    assert "第 1 条记录" in said


def test_a_head_noted_elsewhere_shows_a_log_written_anew(
    fourfold: Call, runtime: Runtime, product: str
) -> None:
    code, ends = fourfold("log", "head")
    assert code == 0
    change = next(line for line in ends.splitlines() if line.startswith("change:1:"))
    assert fourfold("log", "verify", "--head", change)[0] == 0
    (runtime.settings.home / "log_heads.json").unlink()
    tamper(runtime, "DELETE FROM ff_log_block WHERE stream = 'change'")
    tamper(runtime, "UPDATE ff_change SET actor = 'li'")
    assert fourfold("log", "verify")[0] == 0  # it proves nothing by itself
    code, said = fourfold("log", "verify", "--head", change)
    assert code == 1
    assert "chain_rewritten" in said


def test_a_head_that_is_none_is_refused(fourfold: Call, product: str) -> None:
    code, said = fourfold("log", "verify", "--head", "nonsense")
    assert code == 1
    assert "log_head_unreadable" in said


def test_erasing_says_how_much_and_the_log_stays_whole(
    fourfold: Call, runtime: Runtime, product: str
) -> None:
    Sealer(runtime).run_once(all_rows=True)
    asked = ("log", "erase", "shop", "product", product, "--field", "sku", "--reason", "asked", "--yes")
    assert fourfold(*asked) == (0, "已抹去 / erased: 1\n")
    assert fourfold("log", "verify")[0] == 0


def test_the_newest_days_cannot_be_dropped(fourfold: Call, product: str) -> None:
    code, said = fourfold("log", "drop", "--days", "3", "--yes")
    assert code == 1
    assert "log_too_young" in said
    assert fourfold("log", "drop", "--days", "400", "--yes")[0] == 0
