"""The competitor: the same deals, written by hand with FastAPI, pydantic and SQLAlchemy's async ORM.

As a good engineer writes it, and no more: every request is authenticated and validated, references are
foreign keys, a version column guards updates. No row or field rights, no change log, no rules.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    event,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

Stage = Literal["new", "qualified", "offered", "won", "lost"]
Tag = Literal["key_account", "partner", "export", "urgent"]
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON")
CACHE = "cache_size=-65536"
CONNECTIONS = 16


class Moment(TypeDecorator[datetime]):
    """An aware moment; SQLite stores UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The tables of this application."""


class User(Base):
    """Somebody who may log in."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    active: Mapped[bool] = mapped_column(default=True)


class Token(Base):
    """A token by its hash."""

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime | None] = mapped_column(Moment)


class Deal(Base):
    """The twelve fields, and who made it when."""

    __tablename__ = "deals"
    __table_args__ = (Index("deals_stage_amount", "stage", "amount"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    owner: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True, default=lambda: datetime.now(UTC))
    updated_at: Mapped[datetime] = mapped_column(
        Moment, default=lambda: datetime.now(UTC), onupdate=lambda: datetime.now(UTC)
    )
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    stage: Mapped[str] = mapped_column(String(40))
    amount: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    discount: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    close_date: Mapped[date | None]
    next_contact: Mapped[datetime | None] = mapped_column(Moment)
    active: Mapped[bool | None]
    manager: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    tags: Mapped[list[str] | None] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    note: Mapped[str | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's spelling


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Mail = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^\s@<>]{1,64}@([\w-]{1,63}\.)+[\w-]{2,63}$")
]
Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
Quantity = Annotated[int, Field(ge=0, le=1_000_000_000)]
Percent = Annotated[Decimal, Field(max_digits=9, decimal_places=4)]
Note = Annotated[str, StringConstraints(max_length=10_000)]


class DealIn(BaseModel):
    """A new deal."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Mail | None = None
    stage: Stage
    amount: Amount
    quantity: Quantity | None = None
    discount: Percent | None = None
    close_date: date | None = None
    next_contact: AwareDatetime | None = None
    active: bool | None = True
    manager: str | None = None
    tags: list[Tag] | None = None
    note: Note | None = None


class DealPatch(BaseModel):
    """Changes of a deal: absent is unchanged."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    email: Mail | None = None
    stage: Stage = "new"
    amount: Amount = Decimal(0)
    quantity: Quantity | None = None
    discount: Percent | None = None
    close_date: date | None = None
    next_contact: AwareDatetime | None = None
    active: bool | None = None
    manager: str | None = None
    tags: list[Tag] | None = None
    note: Note | None = None


class DealOut(BaseModel):
    """A deal as it is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    version: int
    owner: str
    created_at: datetime
    updated_at: datetime
    name: str
    email: str | None
    stage: str
    amount: Decimal
    quantity: int | None
    discount: Decimal | None
    close_date: date | None
    next_contact: datetime | None
    active: bool | None
    manager: str | None
    tags: list[str] | None
    note: str | None


class DealPage(BaseModel):
    """One page of deals."""

    items: list[DealOut]


def engine_for(url: str) -> AsyncEngine:
    """The pool; on SQLite with WAL and NORMAL, as Fourfold has it."""
    made = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    if made.dialect.name == "sqlite":

        @event.listens_for(made.sync_engine, "connect")
        def configure(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in (*PRAGMAS, CACHE):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return made


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def caller(session: Session, bearer: Bearer) -> User:
    """Who asks, by the token."""
    hashed = hashlib.sha256(bearer.credentials.encode()).hexdigest()
    statement = (
        select(User, Token.expires_at).join(Token, Token.user_id == User.id).where(Token.hash == hashed)
    )
    row = (await session.execute(statement)).first()
    if row is None or not row[0].active or (row[1] is not None and row[1] < datetime.now(UTC)):
        raise HTTPException(401)
    user: User = row[0]
    return user


Caller = Annotated[User, Depends(caller)]
ORDERS: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "amount": (Deal.amount.asc(), Deal.id.asc()),
    "-amount": (Deal.amount.desc(), Deal.id.desc()),
    "-created_at": (Deal.created_at.desc(), Deal.id.desc()),
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = engine_for(os.environ["HANDWRITTEN_DATABASE_URL"])
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/deals/{deal_id}")
async def get_deal(deal_id: int, session: Session, _: Caller) -> DealOut:
    """One deal."""
    return DealOut.model_validate(await found(session, deal_id))


@app.get("/deals")
async def list_deals(
    session: Session,
    _: Caller,
    stage: Stage | None = None,
    sort: Literal["amount", "-amount", "-created_at"] = "-created_at",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DealPage:
    """Deals of a stage in order."""
    statement = select(Deal).order_by(*ORDERS[sort]).limit(limit)
    if stage is not None:
        statement = statement.where(Deal.stage == stage)
    return DealPage.model_validate({"items": (await session.scalars(statement)).all()})


@app.post("/deals", status_code=201)
async def create_deal(body: DealIn, session: Session, user: Caller) -> DealOut:
    """A new deal of the caller."""
    deal = Deal(**body.model_dump(), owner=user.id)
    session.add(deal)
    await session.commit()
    return DealOut.model_validate(deal)


@app.post("/deals/batch", status_code=201)
async def create_deals(
    body: Annotated[list[DealIn], Field(min_length=1, max_length=1000)], session: Session, user: Caller
) -> list[DealOut]:
    """New deals of the caller, all or none."""
    deals = [Deal(**each.model_dump(), owner=user.id) for each in body]
    session.add_all(deals)
    await session.commit()
    return [DealOut.model_validate(deal) for deal in deals]


@app.patch("/deals/{deal_id}")
async def update_deal(deal_id: int, body: DealPatch, session: Session, _: Caller) -> DealOut:
    """Change some fields."""
    deal = await found(session, deal_id)
    for key, value in body.model_dump(exclude_unset=True).items():
        setattr(deal, key, value)
    try:
        await session.commit()
    except StaleDataError as wrong:
        raise HTTPException(409) from wrong
    return DealOut.model_validate(deal)


async def found(session: AsyncSession, deal_id: int) -> Deal:
    """The deal with this id, or 404."""
    deal = await session.get(Deal, deal_id)
    if deal is None:
        raise HTTPException(404)
    return deal


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["HANDWRITTEN_PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
