"""Text or JSON to a tree. Precedence, low to high: or, and, not, comparisons, &, + -, * /, minus sign."""

from __future__ import annotations

from dataclasses import replace

from engine.expressions.condition import tree_of_condition
from engine.expressions.errors import ExpressionError, Span
from engine.expressions.habits import WORDS
from engine.expressions.limits import MAX_NESTING, prove_limits
from engine.expressions.spelling import text_of
from engine.expressions.tokens import Token, decimal_literal, tokenize
from engine.expressions.tree import Boolean, Call, Items, Name, Null, Number, Operation, Source, Text, Tree
from engine.findings import Text as Sentence
from engine.findings import text

COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_BINARY = {"or": 1, "and": 2, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7}
_NOT, _COMPARE, _SIGN = 3, 4, 8
_FLAT = {"and", "or", "&"}
_WORDS = {"and", "or", "not", "in", "between", "has", "true", "false", "null", "none"}
_CONSTANTS = {"true": True, "false": False}
_A_VALUE = text("字段、值或函数", "a field, a value or a function")
_AN_OPERATOR = text("运算符", "an operator")


def parse(source: Source) -> Tree:
    """The tree of a text expression, a JSON condition or a constant. Raises ExpressionError."""
    if isinstance(source, bool):
        return Boolean(source)
    if isinstance(source, str):
        tree = _Parser(source).whole()
    elif isinstance(source, dict):
        tree = _placed(tree_of_condition(source, parse_text=lambda part: _Parser(part).whole()))
    else:
        raise ExpressionError(
            "bad_condition", (0, 0), "此处应为表达式或条件。", "Expected an expression or a condition."
        )
    prove_limits(tree)
    return tree


def _placed(tree: Tree) -> Tree:
    """The tree of a JSON condition with the spans it has in its text spelling, where it has one."""
    prove_limits(tree)
    try:
        placed = _Parser(text_of(tree), limited=False).whole()
    except ExpressionError:
        return tree
    return placed if placed == tree else tree


class _Parser:
    """A Pratt parser over the tokens of one text."""

    def __init__(self, source: str, *, limited: bool = True) -> None:
        self.tokens = tokenize(source, limited=limited)
        self.at = 0
        self.nesting = 0

    def whole(self) -> Tree:
        if self.peek().kind == "end":
            raise ExpressionError("empty", (0, 0), "表达式为空。", "The expression is empty.")
        if self.is_operator("="):
            self.next()  # as a spreadsheet has it
        tree = self.expression(0)
        if self.peek().kind != "end":
            raise self.unexpected(_AN_OPERATOR)
        return tree

    def peek(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def is_operator(self, spelling: str) -> bool:
        token = self.peek()
        return token.kind == "operator" and token.value == spelling

    def take(self, spelling: str) -> Token:
        """The next token, which must be this operator."""
        if not self.is_operator(spelling):
            raise self.unexpected(_sign(spelling))
        return self.next()

    def word(self, ahead: int = 0) -> str:
        """The keyword or operator `ahead` tokens on, in lower case; '' for anything else."""
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        if token.kind == "operator":
            return token.value
        return token.word if token.word in _WORDS else ""

    def expression(self, floor: int) -> Tree:
        """The longest expression whose operators bind tighter than `floor`."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExpressionError(
                "too_deep", self.peek().span, "表达式嵌套过深。", "The expression is nested too deeply."
            )
        left = self.operand()
        while (step := self.operator(left, floor)) is not None:
            left = step
        self.nesting -= 1
        return left

    def operator(self, left: Tree, floor: int) -> Tree | None:
        """`left` joined with the operator that follows, None when none binds tighter than `floor`."""
        word = self.word()
        if word in _BINARY and _BINARY[word] > floor:
            self.next()
            return _joined(word, left, self.expression(_BINARY[word]))
        negated = word == "not" and self.word(1) in {"in", "between", "has"}
        plain = word in COMPARISONS or word in {"in", "between", "has"}
        if floor >= _COMPARE or not (plain or negated):
            if word == "%":
                raise _percent(left, self.peek().span)
            return None
        self.at += 1 if negated else 0
        tree = self.comparison(left, self.next().value.lower())
        following = self.word()
        if following in COMPARISONS:
            raise ExpressionError(
                "chained_comparison",
                self.peek().span,
                "比较不能连写。",
                "Comparisons cannot be chained.",
                suggestion=text(
                    "请用 and 连接，或写 x between 1 and 9。",
                    "Join them with and, or write x between 1 and 9.",
                ),
            )
        return Operation("not", (tree,), span=tree.span) if negated else tree

    def comparison(self, left: Tree, word: str) -> Tree:
        if word == "in":
            right = (
                self.items() if self.is_operator("[") or self.is_operator("(") else self.expression(_COMPARE)
            )
            return Operation("in", (left, right), span=_around(left, right))
        if word == "between":
            low = self.expression(_COMPARE)
            if self.word() != "and":
                raise self.unexpected(_sign("and"))
            self.next()
            high = self.expression(_COMPARE)
            return Operation("between", (left, low, high), span=_around(left, high))
        right = self.expression(_COMPARE)
        return Operation(COMPARISONS.get(word, word), (left, right), span=_around(left, right))

    def items(self) -> Tree:
        opening = self.next()
        closing = "]" if opening.value == "[" else ")"
        found = self.arguments(closing)
        return Items(found, span=(opening.start, self.tokens[self.at - 1].end))

    def arguments(self, closing: str) -> tuple[Tree, ...]:
        """Expressions up to `closing`, which is taken too."""
        found: list[Tree] = []
        while not self.is_operator(closing):
            found.append(self.expression(0))
            if not self.is_operator(closing) and not self.is_operator(","):
                raise self.unexpected(text(f"逗号或“{closing}”", f"a comma or '{closing}'"))
            if self.is_operator(","):
                self.next()
        self.next()
        return tuple(found)

    def operand(self) -> Tree:
        token = self.next()
        if token.kind == "number":
            value, scale = decimal_literal(token.value, token.span)
            return Number(value, scale, span=token.span)
        if token.kind == "text":
            return Text(token.value, span=token.span)
        if token.kind == "variable":
            return self.path(token)
        if token.kind == "name":
            return self.named(token)
        if token.value == "(":
            inner = self.expression(0)
            return replace(inner, span=(token.start, self.take(")").end))
        if token.value in {"-", "+"}:
            return _signed(token, self.expression(_SIGN))
        self.at -= 1
        raise self.unexpected(_A_VALUE)

    def named(self, token: Token) -> Tree:
        """What starts with a word: a constant, `not`, a call, a field."""
        word = token.word
        if self.is_operator("("):
            return self.call(token, word)
        if word in _CONSTANTS:
            return Boolean(_CONSTANTS[word], span=token.span)
        if word in {"null", "none"}:
            return Null(span=token.span)
        if word == "not":
            operand = self.expression(_NOT)
            return Operation("not", (operand,), span=(token.start, operand.span[1]))
        if word in _WORDS:
            self.at -= 1
            raise self.unexpected(_A_VALUE)
        return self.path(token)

    def call(self, token: Token, word: str) -> Tree:
        if word == "not":
            operand = self.expression(_NOT)
            return Operation("not", (operand,), span=(token.start, operand.span[1]))
        self.take("(")
        arguments = self.arguments(")")
        span = (token.start, self.tokens[self.at - 1].end)
        if word in {"and", "or"} and len(arguments) > 1:
            return Operation(word, arguments, span=span)
        return Call(token.value.upper() if token.word else token.value, arguments, token.span, span=span)

    def path(self, first: Token) -> Tree:
        tokens = [first]
        while self.is_operator("."):
            self.next()
            if self.peek().kind != "name":
                raise self.unexpected(text("字段", "a field"))
            tokens.append(self.next())
        span = first.start, tokens[-1].end
        return Name(tuple(each.value for each in tokens), tuple(each.span for each in tokens), span=span)

    def unexpected(self, wanted: Sentence) -> ExpressionError:
        """The error for the next token, where `wanted` should stand."""
        token = self.peek()
        if token.kind == "end":
            return ExpressionError(
                "syntax",
                token.span,
                f"此处应为{wanted['zh']}，但表达式已结束。",
                f"Expected {wanted['en']}, but the expression ends here.",
            )
        if token.value == "%":
            return _percent(None, token.span)
        shown = token.value[:40]
        return ExpressionError(
            "syntax",
            token.span,
            f"此处应为{wanted['zh']}，却是“{shown}”。",
            f"Expected {wanted['en']} at '{shown}'.",
            suggestion=self.advice(token, wanted),
        )

    def advice(self, token: Token, wanted: Sentence) -> Sentence | None:
        """What to do about a token that cannot stand here, where it is one that people bring along."""
        before = self.tokens[self.at - 1] if self.at else token
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if token.value == "[":
            return text(
                "列表只能写在 in 之后；字段直接写键名。",
                "A list may only follow in; a field key stands bare.",
            )
        if token.value == "," and before.kind == after.kind == "number" and len(after.value) == 3:
            return text("数字不带千分位。", "Write numbers without thousands separators.")
        if token.value == "." and after.kind == "number":
            return text(f"请写 0.{after.value}。", f"Write 0.{after.value}.")
        return WORDS.get(token.word) or WORDS.get(before.word)


def _sign(spelling: str) -> Sentence:
    return text(f"“{spelling}”", f"'{spelling}'")


def _around(first: Tree, last: Tree) -> Span:
    return first.span[0], last.span[1]


def _joined(operator: str, left: Tree, right: Tree) -> Tree:
    """The operation; and, or, & take any number of operands so that long chains stay flat."""
    if operator in _FLAT and isinstance(left, Operation) and left.operator == operator:
        return Operation(operator, (*left.operands, right), span=_around(left, right))
    return Operation(operator, (left, right), span=_around(left, right))


def _signed(token: Token, operand: Tree) -> Tree:
    span = (token.start, operand.span[1])
    if token.value == "+":
        return operand
    if isinstance(operand, Number):
        return Number(-operand.value, operand.scale, span=span)
    return Operation("neg", (operand,), span=span)


def _percent(left: Tree | None, span: Span) -> ExpressionError:
    if isinstance(left, Number):
        return ExpressionError(
            "percent_sign",
            (left.span[0], span[1]),
            "数字后不能写 %。",
            "A number cannot be followed by %.",
            suggestion=text(
                "与百分比字段比较请写 8；相乘请写 0.08。",
                "Write 8 to compare with a percent field, 0.08 to multiply.",
            ),
        )
    return ExpressionError(
        "percent_sign",
        span,
        "没有 % 运算符。",
        "There is no % operator.",
        suggestion=text("取余请用 MOD(a, b)。", "For the remainder use MOD(a, b)."),
    )
