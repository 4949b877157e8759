"""The language of rules: comparisons, and / or / not, + - * /, abs, min, max over features and parameters.

A whitelisted subset of Python's grammar, turned into numpy calls; nothing is ever handed to eval. A condition on a
missing value does not hold, and neither does its negation: `not` is pushed down to the comparisons, so that only what
is known to be true makes a rule fire.
"""

from __future__ import annotations

import ast
import difflib
import string
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from console.risk.columns import Array, Bools, Floats
from console.risk.learned import LEARNED
from console.risk.missing import ERROR

MAX_LENGTH = 2000
MAX_NODES = 300
MAX_DEPTH = 32
MAX_NUMBER = 1e15
LETTERS = frozenset(string.ascii_letters + string.digits + "_.()<>=!+-*/, \t\r\n")
"""All that a rule is written with. Letters that look like these would be read as these by Python."""

Columns = Callable[[str], Floats]
Numbers = Callable[[Columns], Array]
Truths = Callable[[Columns], Bools]

_COMPARISONS: dict[type[ast.cmpop], tuple[np.ufunc, type[ast.cmpop]]] = {
    ast.Lt: (np.less, ast.GtE),
    ast.LtE: (np.less_equal, ast.Gt),
    ast.Gt: (np.greater, ast.LtE),
    ast.GtE: (np.greater_equal, ast.Lt),
    ast.Eq: (np.equal, ast.NotEq),
}
_OPERATIONS: dict[type[ast.operator], np.ufunc] = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}
_FUNCTIONS: dict[str, tuple[np.ufunc, int, int]] = {
    "abs": (np.absolute, 1, 1),
    "min": (np.minimum, 2, 8),
    "max": (np.maximum, 2, 8),
}


class Refused(ValueError):
    """An expression outside the language. `line` and `column` count from 1; `nearest` is a valid name or None."""

    def __init__(self, problem: str, line: int, column: int, nearest: str | None = None) -> None:
        hint = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"line {line}, column {column}: {problem}{hint}")
        self.problem, self.line, self.column, self.nearest = problem, line, column, nearest


@dataclass(frozen=True)
class Condition:
    """A compiled condition: `holds` maps columns to one truth a row; `features` are those it reads."""

    text: str
    features: tuple[str, ...]
    holds: Truths


@dataclass(frozen=True)
class Quantity:
    """A compiled number: `value` maps columns to one float a row, NaN where it is missing."""

    text: str
    features: tuple[str, ...]
    value: Numbers


def condition(text: str, features: Mapping[str, object], params: Mapping[str, float]) -> Condition:
    """Compile a condition; raises Refused."""
    compiler = _Compiler(text, features, params)
    holds = compiler.truth(compiler.root, positive=True)
    return Condition(text, tuple(sorted(compiler.used)), holds)


def quantity(text: str, features: Mapping[str, object], params: Mapping[str, float]) -> Quantity:
    """Compile a number; raises Refused."""
    compiler = _Compiler(text, features, params)
    value = compiler.number(compiler.root)
    return Quantity(text, tuple(sorted(compiler.used)), value)


def nearest(name: str, known: Mapping[str, object]) -> str | None:
    """The known name that looks most like `name`."""
    return next(iter(difflib.get_close_matches(name[:64], list(known), 1, 0.5)), None)


class _Compiler:
    def __init__(self, text: str, features: Mapping[str, object], params: Mapping[str, float]) -> None:
        self._text, self._features, self._params = text, features, params
        self.used: set[str] = set()
        self._lead = len(text) - len(text.lstrip())
        self.root = self._parse()
        self._check_size()

    def _parse(self) -> ast.expr:
        """Parse with line breaks read as blanks, so that columns stay those of the text."""
        if len(self._text) > MAX_LENGTH:
            raise self._refused(f"longer than {MAX_LENGTH} characters", 0)
        foreign = next((place for place, letter in enumerate(self._text) if letter not in LETTERS), None)
        if foreign is not None:
            raise self._refused(f"the character {self._text[foreign]!a} is not allowed", foreign - self._lead)
        flat = "".join(" " if letter in "\r\n\t" else letter for letter in self._text).strip()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(flat, mode="eval").body
        except SyntaxError as error:
            raise self._refused(f"not an expression: {error.msg}", max((error.offset or 1) - 1, 0)) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise self._refused(f"not an expression: {type(error).__name__}", 0) from error

    def _check_size(self) -> None:
        level: list[ast.AST] = [self.root]
        nodes = depth = 0
        while level:
            nodes, depth = nodes + len(level), depth + 1
            if nodes > MAX_NODES or depth > MAX_DEPTH:
                raise self._refused("too many terms or too deeply nested", 0)
            level = [child for node in level for child in ast.iter_child_nodes(node)]

    def _refused(self, problem: str, offset: int, near: str | None = None) -> Refused:
        before = self._text[: self._lead + offset]
        column = len(before) - (before.rfind("\n") + 1)
        return Refused(problem, before.count("\n") + 1, column + 1, near)

    def _refused_at(self, node: ast.AST, problem: str, near: str | None = None) -> Refused:
        stripped = self._text.strip().encode()
        offset = len(stripped[: getattr(node, "col_offset", 0)].decode(errors="replace"))
        return self._refused(problem, offset, near)

    def _extra(self, node: ast.expr) -> int:
        """How many features a part reads that are not worked out for models in any case."""
        names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
        return len(names & self._features.keys() - set(LEARNED))

    # ------------------------------------------------------------ truths

    def truth(self, node: ast.expr, positive: bool) -> Truths:
        match node:
            case ast.BoolOp(op=operator, values=values):
                parts = [(self._extra(value), self.truth(value, positive)) for value in values]
                if isinstance(operator, ast.And) != positive:
                    return _folded(np.logical_or, [part for _, part in parts])
                parts.sort(key=lambda part: part[0])  # where the cheaper parts are false the others are not looked at
                return _folded(np.logical_and, [part for _, part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.truth(operand, not positive)
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self.number(side) for side in (left, *others)]
                links = [
                    self._comparison(node, op, sides[place], sides[place + 1], positive) for place, op in enumerate(ops)
                ]
                return _folded(np.logical_and if positive else np.logical_or, links)
            case _:
                value = self.number(node)
                return _differs(value, _constant(0)) if positive else _applied(np.equal, value, _constant(0))

    def _comparison(self, node: ast.expr, op: ast.cmpop, left: Numbers, right: Numbers, positive: bool) -> Truths:
        kind = type(op)
        if kind is ast.NotEq:
            return _differs(left, right) if positive else _applied(np.equal, left, right)
        if kind not in _COMPARISONS:
            raise self._refused_at(node, f"{kind.__name__} is not a comparison of numbers")
        ufunc, opposite = _COMPARISONS[kind]
        if positive:
            return _applied(ufunc, left, right)
        return _differs(left, right) if opposite is ast.NotEq else _applied(_COMPARISONS[opposite][0], left, right)

    # ------------------------------------------------------------ numbers

    def number(self, node: ast.expr) -> Numbers:
        match node:
            case ast.Constant(value=bool()):
                raise self._refused_at(node, "True and False are not numbers; write 1 or 0")
            case ast.Constant(value=int() | float() as value):
                if not abs(value) <= MAX_NUMBER:
                    raise self._refused_at(node, f"number beyond {MAX_NUMBER:g}")
                return _constant(value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                inner = self.number(operand)
                return _applied(np.negative, inner) if isinstance(op, ast.USub) else inner
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _divided(self.number(left), self.number(right))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATIONS:
                return _applied(_OPERATIONS[type(operator)], self.number(left), self.number(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(node, name, args)
            case ast.BinOp(op=operator):
                raise self._refused_at(node, f"{type(operator).__name__} is not allowed; use + - * /")
            case _:
                raise self._refused_at(node, f"{type(node).__name__} is not allowed where a number stands")

    def _name(self, node: ast.expr, name: str) -> Numbers:
        if name in self._params:
            return _constant(self._params[name])
        if name not in self._features:
            raise self._refused_at(node, f"unknown name {name[:64]}", nearest(name, {**self._params, **self._features}))
        self.used.add(name)
        return lambda columns: columns(name)

    def _call(self, node: ast.expr, name: str, args: list[ast.expr]) -> Numbers:
        if name not in _FUNCTIONS:
            raise self._refused_at(node, f"unknown function {name[:64]}", nearest(name, _FUNCTIONS))
        ufunc, least, most = _FUNCTIONS[name]
        if not least <= len(args) <= most:
            raise self._refused_at(node, f"{name} takes {least} to {most} values")
        parts = [self.number(arg) for arg in args]
        return _folded(ufunc, parts) if least > 1 else _applied(ufunc, parts[0])


def _constant(value: float) -> Numbers:
    number = np.array(float(value))
    return lambda columns: number


def _applied(ufunc: np.ufunc, first: Numbers, second: Numbers | None = None) -> Callable[[Columns], Array]:
    if second is None:
        return lambda columns: np.asarray(ufunc(first(columns)))
    return lambda columns: np.asarray(ufunc(first(columns), second(columns)))


def _folded(ufunc: np.ufunc, parts: list[Callable[[Columns], Array]]) -> Callable[[Columns], Array]:
    def evaluate(columns: Columns) -> Array:
        result = parts[0](columns)
        for part in parts[1:]:
            if ufunc is np.logical_and and not np.count_nonzero(result):
                return result
            result = np.asarray(ufunc(result, part(columns)))
        return result

    return evaluate


def _differs(left: Numbers, right: Numbers) -> Truths:
    """Not equal, and both known."""

    def evaluate(columns: Columns) -> Bools:
        first, second = left(columns), right(columns)
        return np.asarray((first < second) | (first > second))

    return evaluate


def _divided(above: Numbers, below: Numbers) -> Numbers:
    def evaluate(columns: Columns) -> Array:
        divisor = below(columns)
        return np.asarray(np.where(divisor == 0, ERROR, above(columns) / divisor))

    return evaluate
