"""The languages that are compared, each used in the fastest way its documentation shows.

All are compiled before they are timed, get values of the types they are quickest with, and run in a loop of
their own, so that none pays for a wrapper. None but ours has a rule for null or keeps money exact.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

import cel
import rule_engine
import simpleeval
import zen

from benchmarks.orders import CONDITION, FORMULA, Order
from engine.expressions import CheckedExpression, Env, Scope, check
from forms.compiled import Form
from forms.field_type import Reading

Answers = Callable[[Iterable[Any]], list[Any]]
"""The answers for these records, in order."""


class Language(ABC):
    """One language: its records, the condition and the formula."""

    name: ClassVar[str]

    @abstractmethod
    def record(self, order: Order) -> Any:
        """An order as this language likes it."""

    @abstractmethod
    def condition(self) -> Answers:
        """CONDITION, compiled."""

    @abstractmethod
    def formula(self) -> Answers:
        """FORMULA, compiled."""

    def amount(self, answer: Any) -> Decimal:
        """What the formula gave, as a decimal."""
        return Decimal(str(answer))


class Ours(Language):
    """Memory form of the form's own fields: numbers as scaled integers, dates as dates."""

    name = "ours"

    def __init__(self, form: Form, env: Env) -> None:
        self.form = form
        self.env = env
        self.scope = Scope(form.shape, shapes=lambda _: None)

    def record(self, order: Order) -> dict[str, Any]:
        fields, reading = self.form.fields, Reading(self.env.tz)
        return {key: fields[key].kind.parse(_as_json(value), reading) for key, value in order.items()}

    def checked(self, source: str) -> CheckedExpression:
        """An expression, proven for the form."""
        return check(source, self.scope)

    def condition(self) -> Answers:
        expression, env = self.checked(CONDITION), self.env
        expression.holds({}, env)
        holds = expression.holds
        return lambda records: [holds(record, env) for record in records]

    def formula(self) -> Answers:
        expression, env = self.checked(FORMULA), self.env
        expression.evaluate({}, env)
        evaluate = expression.evaluate
        return lambda records: [evaluate(record, env) for record in records]

    def amount(self, answer: Any) -> Decimal:
        return Decimal(answer).scaleb(-2)


class Zen(Language):
    """zen-engine (Rust). It takes no date objects, only their text."""

    name = "zen"

    def record(self, order: Order) -> Any:
        return {key: str(value) if isinstance(value, date) else _float(value) for key, value in order.items()}

    def condition(self) -> Answers:
        evaluate = zen.compile_expression(
            'amount > 50000 and stage == "won" and region in ["east", "north", "west"]'
        ).evaluate
        return lambda records: [evaluate(record) for record in records]

    def formula(self) -> Answers:
        evaluate = zen.compile_expression(
            "round((qty * price > 10000 ? qty * price * (1 - discount / 100) : qty * price)"
            " + (date(close) - date(start)) / 86400 * 2, 2)"
        ).evaluate
        return lambda records: [evaluate(record) for record in records]


class ZenJson(Zen):
    """zen-engine with records that are JSON text already."""

    name = "zen_json"

    def record(self, order: Order) -> str:
        return json.dumps(super().record(order), ensure_ascii=False)


class SimpleEval(Language):
    """simpleeval, parsed once. Lists need EvalWithCompoundTypes, the formula does without."""

    name = "simpleeval"
    engines: ClassVar[tuple[type[Any], type[Any]]] = (simpleeval.EvalWithCompoundTypes, simpleeval.SimpleEval)
    sources: ClassVar[tuple[str, str]] = (
        'amount > 50000 and stage == "won" and region in ["east", "north", "west"]',
        "round((qty * price * (1 - discount / 100) if qty * price > 10000 else qty * price) + (close - start).days * 2, 2)",
    )

    def record(self, order: Order) -> dict[str, Any]:
        return {key: _float(value) for key, value in order.items()}

    def condition(self) -> Answers:
        return self._parsed(0)

    def formula(self) -> Answers:
        return self._parsed(1)

    def _parsed(self, number: int) -> Answers:
        engine, source = self.engines[number](functions={"round": round}), self.sources[number]
        parsed = engine.parse(source)

        def answers(records: Iterable[Any]) -> list[Any]:
            found = []
            for record in records:
                engine.names = record
                found.append(engine.eval(source, previously_parsed=parsed))
            return found

        return answers


class NaiveSimpleEval(SimpleEval):
    """simpleeval as its first example shows it: parsed for each record."""

    name = "simpleeval_naive"

    def _parsed(self, number: int) -> Answers:
        engine, source = self.engines[number], self.sources[number]
        functions = {"round": round}
        return lambda records: [engine(names=record, functions=functions).eval(source) for record in records]


class RuleEngine(Language):
    """rule-engine, which computes with decimals; it rounds by `floor`."""

    name = "rule_engine"

    def record(self, order: Order) -> dict[str, Any]:
        return dict(order)

    def condition(self) -> Answers:
        matches = rule_engine.Rule(
            'amount > 50000 and stage == "won" and region in ["east", "north", "west"]'
        ).matches
        return lambda records: [matches(record) for record in records]

    def formula(self) -> Answers:
        evaluate = rule_engine.Rule(
            "(((qty * price > 10000 ? qty * price * (1 - discount / 100) : qty * price)"
            " + (close - start).days * 2) * 100 + 0.5).floor / 100"
        ).evaluate
        return lambda records: [evaluate(record) for record in records]


class Cel(Language):
    """common-expression-language (Rust), which asks for the fields it reads: four to fifteen times as fast as
    handing it the whole record. It mixes no numbers of two types, knows no dates, and rounds by truncation.
    """

    name = "cel"

    def record(self, order: Order) -> dict[str, Any]:
        return {key: _cel_value(value) for key, value in order.items()}

    def condition(self) -> Answers:
        return self._program('amount > 50000.0 && stage == "won" && region in ["east", "north", "west"]')

    def formula(self) -> Answers:
        return self._program(
            "double(int(((qty * price > 10000.0 ? qty * price * (1.0 - discount / 100.0) : qty * price)"
            " + double((close - start).getHours() / 24) * 2.0) * 100.0 + 0.5)) / 100.0"
        )

    def _program(self, source: str) -> Answers:
        execute = cel.compile(source).execute
        context = cel.Context()

        def answers(records: Iterable[Any]) -> list[Any]:
            found = []
            for record in records:
                context.set_variable_resolver(record.get)
                found.append(execute(context))
            return found

        return answers


OTHERS: tuple[type[Language], ...] = (Zen, ZenJson, SimpleEval, NaiveSimpleEval, RuleEngine, Cel)


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _cel_value(value: Any) -> Any:
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return value if isinstance(value, bool | str) else float(value)


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value
