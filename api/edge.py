"""Where requests meet transactions: who asks, on which thread the work runs, and what is tried again."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, TypeVar

import structlog
from starlette.requests import Request

from api import replies
from api.bounded_threads import BoundedThreads
from api.busy import is_busy, retried
from api.file_threads import FileThreads
from api.pace import Pace
from api.prefix import PREFIX
from api.turns import NotHere, Turns
from designer_schemas.generate import schemas
from engine.changes.operations import note
from engine.errors import EngineError
from engine.findings import text
from engine.identity import tokens
from engine.identity.narrowing import PasswordChangeNeeded, WrongAddress
from engine.identity.passwords import TooManyFailures
from engine.identity.principal import Principal
from engine.identity.sessions import NotAuthenticated, Sessions
from engine.runtime import Runtime
from engine.storage.database import Occupied
from engine.storage.fibers import NeedsThread
from engine.storage.unit_of_work import UnitOfWork

log = structlog.get_logger("fourfold.edge")

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]
PASSWORD_THREADS = 2
PASSWORDS_WAITING = 16
CASES_WAITING = 4
PASSWORD_PATHS = frozenset(PREFIX + path for path in ("/auth/password", "/auth/me", "/auth/logout"))
"""What a login with a password that must be changed may do."""


class Edge:
    """One per process. SQLite: short reads run on the event loop, writes on one writer thread, so that
    they queue instead of fighting for the lock. PostgreSQL: what is short runs on the event loop, which
    goes on while the server works, everything else in a bounded pool.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.sessions = Sessions(runtime)
        self.sessions.used = self._note_use
        self.stopping: Callable[[], bool] = lambda: False
        self._sqlite = runtime.database.dialect == "sqlite"
        # On PostgreSQL the waits of a transaction keep nobody else waiting: only its own work counts.
        self._pace = Pace() if self._sqlite else Pace(time.thread_time)
        self._turns = Turns(runtime.database, self._pace, runtime.settings.pool_size)
        # One connection of the pool stays free for reads on the event loop.
        size = max(1, runtime.settings.pool_size - 1) if self._sqlite else runtime.settings.pool_size
        self._pool: Executor = ThreadPoolExecutor(size, "fourfold-request")
        self._writer: Executor = ThreadPoolExecutor(1, "fourfold-writer") if self._sqlite else self._pool
        self._queued = 0
        self.passwords = BoundedThreads(
            "fourfold-password", _too_many_passwords, threads=PASSWORD_THREADS, waiting=PASSWORDS_WAITING
        )
        self.cases = BoundedThreads("fourfold-cases", _too_many_tests, threads=1, waiting=CASES_WAITING)
        self.files = FileThreads()

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The JSON Schemas of definitions by kind; made when first asked for, since it takes half a second."""
        return schemas(self.runtime.registries)

    async def read(
        self,
        request: Request,
        function: Work[T],
        *,
        inline: bool = False,
        shape: Hashable = None,
        snapshot: bool = False,
    ) -> T:
        """Run `function` in a reading unit of work of the caller.

        `inline` says that it is short: then it runs on the event loop where that is faster. With a
        `shape` that is believed only once a request of it was quick; the first one goes to the pool.
        `snapshot` makes all its statements see one moment.
        """
        secret = bearer(request)

        identifier, address = origin(request)

        def run() -> T:
            principal = self.admitted(request, secret)
            with self.runtime.reading(
                principal, snapshot=snapshot, request_id=identifier, address=address
            ) as work:
                return function(work)

        if not inline:
            return await self._in(self._pool, lambda: retried(run))
        if not self._sqlite:
            return await self._between(shape, run, self._pool)
        try:
            if shape is None:
                return run()
            if self._pace.is_quick(shape):
                return self._pace.timed(shape, run)
        except NeedsThread:  # an app is to be compiled first
            return await self._in(self._pool, run)
        return await self._in(self._pool, lambda: self._pace.timed(shape, run))

    async def write(
        self,
        request: Request,
        function: Work[T],
        *,
        source: str = "api",
        shape: Hashable = None,
        parts: int = 1,
    ) -> T:
        """Run `function` in a writing unit of work of the caller; commits when it returns.

        On SQLite a `shape` that was quick before runs on the event loop while no other writer is at work, on
        PostgreSQL in any case; there work of many `parts` calls `UnitOfWork.breathe` between them. With the
        header `Idempotency-Key` the answer is stored in the same transaction, and the same
        request with the same key gets that answer again. Raises KeyReused for another request.
        """
        secret = bearer(request)
        key = request.headers.get("idempotency-key")
        digest = await request_digest(request) if key is not None else ""
        identifier, address = origin(request)

        def run(*, wait: bool = True) -> T:
            principal = self.admitted(request, secret)
            with self.runtime.unit_of_work(
                principal, source=source, request_id=identifier, address=address, wait=wait
            ) as work:
                if key is None:
                    return function(work)
                return replies.once(work, key, _with_rights(digest, principal), function)

        if shape is None:
            return await self._in(self._writer, lambda: retried(run))
        if not self._sqlite:
            return await self._between(shape, run, self._writer, parts=parts)
        if not self._queued and self._pace.is_quick(shape):
            try:
                return self._pace.timed(shape, partial(run, wait=False))
            except Exception as failure:
                if not isinstance(failure, (Occupied, NeedsThread)) and not is_busy(failure):
                    raise
                # a thread may wait for the other writer or compile an app, the event loop may not
        self._queued += 1
        try:
            return await self._in(self._writer, lambda: self._pace.timed(shape, partial(retried, run)))
        finally:
            self._queued -= 1

    async def _between(
        self, shape: Hashable, run: Callable[[], T], executor: Executor, *, parts: int = 1
    ) -> T:
        """On the event loop between others where that is right, else on a thread."""
        try:
            return await self._turns.run(shape, run)
        except NotHere:
            return await self._in(
                executor, lambda: self._pace.timed(shape, partial(retried, run), parts=parts)
            )

    async def read_as(self, principal: Principal, function: Work[T]) -> T:
        """Run `function` in a reading unit of work of `principal` (who is known without a token)."""

        def run() -> T:
            with self.runtime.reading(principal) as work:
                return function(work)

        return await self._in(self._pool, lambda: retried(run))

    async def write_as(self, principal: Principal, function: Work[T], *, request: Request | None = None) -> T:
        """Run `function` in a writing unit of work of `principal` (who is known without a token). The log
        names where `request` came from.
        """
        identifier, address = origin(request) if request is not None else (None, None)

        def run() -> T:
            with self.runtime.unit_of_work(principal, request_id=identifier, address=address) as work:
                return function(work)

        return await self._in(self._writer, lambda: retried(run))

    async def compute(self, function: Callable[[], T]) -> T:
        """Run what takes long and is no transaction beside the event loop."""
        return await self._in(self._pool, function)

    async def check_password(self, username: str, password: str, peer: str) -> str:
        """`Sessions.check_password` on threads of its own, so that a flood of logins stops no request."""
        return await self.passwords.run(lambda: self.sessions.check_password(username, password, peer))

    async def principal_of(self, request: Request) -> Principal:
        """Who asks. Raises NotAuthenticated."""
        secret = bearer(request)
        if self.sessions.remembered(secret) is not None:
            return self.admitted(request, secret)
        return await self._in(self._pool, lambda: self.admitted(request, secret))

    def admitted(self, request: Request, secret: str) -> Principal:
        """The principal of a token that may be used from there and for that path. Raises NotAuthenticated,
        WrongAddress, PasswordChangeNeeded.
        """
        principal = self.principal(secret)
        narrow = principal.narrow
        if narrow is not None:
            if not narrow.admits(origin(request)[1]):
                raise WrongAddress()
            if narrow.password_only and request.scope["path"] not in PASSWORD_PATHS:
                raise PasswordChangeNeeded()
        return principal

    def principal(self, secret: str) -> Principal:
        """The principal of a token. Raises NotAuthenticated."""
        known = self.sessions.remembered(secret)
        if known is not None:
            return known
        with self.runtime.reading(NOBODY) as work:
            return self.sessions.principal(work, secret)

    def _note_use(self, token: str) -> None:
        """Store beside the request that a token was seen: about once an hour for each."""

        def store() -> None:
            with self.runtime.unit_of_work(NOBODY) as work:
                tokens.note_use(work, token)

        self._writer.submit(store).add_done_callback(_told)

    async def ended(self) -> None:
        """When what runs on the event loop has come to its end."""
        await self._turns.ended()

    def close(self) -> None:
        """Let running requests end, then stop the threads."""
        self._writer.shutdown(wait=True)
        self._pool.shutdown(wait=True)
        self.passwords.close()
        self.cases.close()
        self.files.close()

    @staticmethod
    async def _in(executor: Executor, run: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, run)


class TooManyTests(EngineError):
    """Other test cases are being run at this moment."""

    code = "too_many_tests"
    zh = "正在运行其他用例。"
    fix_zh = "请稍等片刻再试。"
    fix_en = "Try again in a minute."


def _too_many_tests() -> EngineError:
    return TooManyTests(details={"retry_after": 30})


def _too_many_passwords() -> EngineError:
    return TooManyFailures(
        text("正在登录的人太多，请稍后再试。", "Too many people are logging in at this moment."),
        details={"retry_after": 1},
        fix=text("请稍等片刻再试。", "Try again in a moment."),
    )


def _told(stored: Future[None]) -> None:
    """Nobody waits for the moment a token was seen; what went wrong is in the log of the process."""
    failure = stored.exception()
    if failure is not None:
        log.warning("use of a token not stored", reason=repr(failure))


NOBODY = Principal(user="")


def edge_of(request: Request) -> Edge:
    """The edge of the application this request came to."""
    edge: Edge = request.scope["app"].state.edge
    return edge


async def read(request: Request, function: Work[T], *, snapshot: bool = False) -> T:
    """`Edge.read` for routes: `return await read(request, lambda work: …)`."""
    return await edge_of(request).read(request, function, snapshot=snapshot)


async def write(request: Request, function: Work[T], *, source: str = "api") -> T:
    """`Edge.write` for routes: `return await write(request, lambda work: …)`."""
    return await edge_of(request).write(request, function, source=source)


async def noted(request: Request, action: str, subject: str, *, app: str, details: Mapping[str, Any]) -> None:
    """Log what a request did that only read: a print, a download."""
    edge = edge_of(request)
    principal = await edge.principal_of(request)
    await edge.write_as(  # the log is not written by the token, which may be one that only reads
        replace(principal, narrow=None),
        lambda work: note(work, action, subject, app=app, details=details),
        request=request,
    )


def bearer(request: Request) -> str:
    """The token of the request. Raises NotAuthenticated."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise NotAuthenticated()
    return secret.strip()


def origin(request: Request) -> tuple[str, str]:
    """The id of a request and the address it came from, as the log names them."""
    identifier = str(request.scope.get("state", {}).get("request_id", ""))
    client = request.scope.get("client")
    return identifier, client[0] if client else ""


async def request_digest(request: Request) -> str:
    """A hash of method, address and body, to tell a repeated request from another one."""
    parts = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(parts + await request.body()).hexdigest()


def _with_rights(digest: str, principal: Principal) -> str:
    """A request of a narrow token is another request than the same one of its owner."""
    return digest if principal.narrow is None else f"{digest} {principal.narrow.key}"
