"""The CRM demo: one command, this machine only, data kept between starts."""

from __future__ import annotations

import ipaddress
import json
import time
from pathlib import Path

import typer

import api
from api.cli.apps import apply_folder
from api.cli.demo_data import has_records, load_records
from api.cli.output import out
from api.cli.serving import opened, serve_with_worker
from engine.errors import EngineError
from engine.identity import repository
from engine.identity.organisation import load_organisation
from engine.identity.passwords import hash_password
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.settings import Settings
from rules.jobs.arm import arm_from_now

APP = "crm"
PASSWORD = "fourfold-demo"  # noqa: S105  the demo's, printed at the start


class NotLoopback(EngineError):
    """The demo has known passwords and listens on this machine only."""

    code = "not_loopback"
    zh = "演示使用公开密码，只能在本机监听。"
    fix_zh = "请去掉 FOURFOLD_HOST，或设为 127.0.0.1。"
    fix_en = "Remove FOURFOLD_HOST or set it to 127.0.0.1."


def run_demo(settings: Settings) -> None:
    """Prepare what is missing, say what to try, serve until a signal comes."""
    _require_loopback(settings.host)
    started = time.monotonic()
    settings = settings.model_copy(update={"demo": True})
    with opened(settings, migrate=True) as runtime:
        prepare(runtime, crm_folder())
        _welcome(settings, time.monotonic() - started)
        serve_with_worker(runtime, settings)


def prepare(runtime: Runtime, folder: Path) -> None:
    """The app, its people and its records; what is there already stays as it is."""
    apply_folder(runtime, folder, note="demo")
    people = folder / "demo" / "organisation.json"
    with runtime.reading(SYSTEM) as work:
        fresh = not repository.has_users(work)
    if fresh and people.is_file():
        hashed = hash_password(PASSWORD)
        with runtime.unit_of_work(SYSTEM, source="demo") as work:
            load_organisation(work, json.loads(people.read_text("utf-8")))
            repository.set_every_password(work, hashed)
    if not has_records(runtime):
        with out.status("写入演示数据 / writing demo data …"):
            count = load_records(runtime, APP, folder / "demo")
            with runtime.unit_of_work(SYSTEM, source="demo") as work:
                arm_from_now(work, work.app(APP))
        out.print(f"演示数据 / demo data: {count} 条记录 / records")


def crm_folder() -> Path:
    """The example app: in the checkout, or inside `api` when installed."""
    here = Path(api.__file__).parent
    places = (here.parent / "examples" / "crm_app", here / "examples" / "crm_app")
    found = next((place for place in places if (place / "app.json").is_file()), None)
    if found is None:
        raise typer.BadParameter("examples/crm_app is not here")
    return found


def _require_loopback(host: str) -> None:
    if host == "localhost":
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NotLoopback


def _welcome(settings: Settings, seconds: float) -> None:
    address = f"http://{settings.host}:{settings.port}"
    api_root = f"{address}/api/v1"
    login = f'{{"username": "li", "password": "{PASSWORD}"}}'
    cut = 'sed \'s/.*"token":"\\([^"]*\\).*/\\1/\''
    ask = 'curl -s -H "Authorization: Bearer $TOKEN"'
    lines = (
        f"Fourfold  {address}  ({seconds:.1f} s)",
        f"接口 / API: {address}/openapi.json    数据 / data: {settings.home.absolute()}",
        f"用户 / users: li sun zhou wu he wang zhang ma liu zheng fang zhao qian lin root    密码 / password: {PASSWORD}",
        "",
        "试一试 / try:",
        "  1. 登录 / log in as a sales rep:",
        f"     TOKEN=$(curl -s {api_root}/auth/login -d '{login}' | {cut})",
        "  2. 李娜看得到的最大商机 / the biggest opportunities she may see:",
        f"     {ask} '{api_root}/apps/{APP}/forms/opportunity/records?sort=-amount&limit=3'",
        "  3. 商机阶段报表 / the pipeline report, with her rights:",
        f"     {ask} -X POST '{api_root}/apps/{APP}/reports/pipeline:run' -d '{{}}'",
        "",
        "Ctrl+C 结束 / ends it.",
    )
    for line in lines:
        out.print(line, markup=False)
    out.file.flush()
