"""The shapes of the contract: JSON values against the schemas of the OpenAPI document, whose JSON form lies beside.

It knows the keywords that the document uses for answers, and no others. Enums are closed here: clients accept unknown
words, but a core that says it speaks this version of the contract has no others to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from console.core import instants
from console.core.messages import RESOURCES

Schema = dict[str, Any]

DOCUMENT: Schema = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))
_COMPONENTS: dict[str, dict[str, Schema]] = DOCUMENT["components"]
_BASE = "/core/v1"


def answer_schema(method: str, path: str, status: int) -> Schema | None:
    """The schema of an operation's body with that status; {} where it has none, None where nothing is foreseen."""
    for template, operations in DOCUMENT["paths"].items():
        if _fits(template).fullmatch(path.removeprefix(_BASE)):
            answer = operations.get(method.lower(), {}).get("responses", {}).get(str(status))
            return None if answer is None else _body(answer)
    return None


def named(name: str) -> Schema:
    """One of the document's schemas by its name, such as `Account`."""
    return _COMPONENTS["schemas"][name]


def resource(type_: str) -> Schema | None:
    """The schema of a resource type, None for a type that version 1 does not know."""
    kind = RESOURCES.get(type_)
    return None if kind is None else named(kind.__name__)


def faults(schema: Schema, value: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """What the schema says against the value, each as `/pointer: what is wrong`."""
    for keyword, rule in schema.items():
        check = _KEYWORDS.get(keyword)
        if check is not None:
            yield from check(rule, value, at)


@cache
def _fits(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))


def _body(answer: Schema) -> Schema:
    if "$ref" in answer:
        answer = _COMPONENTS["responses"][answer["$ref"].rpartition("/")[2]]
    for content in answer.get("content", {}).values():
        schema: Schema = content["schema"]
        return schema
    return {}


# ---------------------------------------------------------------- keywords


def _ref(rule: str, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    return faults(named(rule.rpartition("/")[2]), value, at)


def _type(rule: str | list[str], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    wanted = [rule] if isinstance(rule, str) else rule
    if not any(_TYPES[name](value) for name in wanted):
        yield f"{at}: {_short(value)} is no {' or '.join(wanted)}"


def _required(rule: list[str], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for name in rule:
            if name not in value:
                yield f"{at}: {name} is missing"


def _properties(rule: dict[str, Schema], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for name, schema in rule.items():
            if name in value:
                yield from faults(schema, value[name], f"{at}/{name}")


def _items(rule: Schema, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(rule, item, f"{at}/{number}")


def _any_of(rule: list[Schema], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    tries = [list(faults(schema, value, at)) for schema in rule]
    if all(tries):
        yield tries[0][0]


def _all_of(rule: list[Schema], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    for schema in rule:
        yield from faults(schema, value, at)


def _enum(rule: list[Any], value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if value not in rule:
        yield f"{at}: {_short(value)} is none of {', '.join(str(word) for word in rule if word is not None)}"


def _const(rule: Any, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if value != rule:
        yield f"{at}: {_short(value)} is not {rule}"


def _pattern(rule: str, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str) and not _compiled(rule).search(value):
        yield f"{at}: {_short(value)} does not match {rule}"


def _format(rule: str, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if rule == "date-time" and isinstance(value, str):
        try:
            instants.parse(value)
        except ValueError:
            yield f"{at}: {_short(value)} is no time"


def _bound(kind: type | tuple[type, ...], measure: Callable[[Any], Any], *, most: bool) -> Callable[..., Iterator[str]]:
    """A keyword that bounds what `measure` makes of values of that kind."""

    def check(rule: float, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
        if isinstance(value, kind) and not isinstance(value, bool):
            size = measure(value)
            if size > rule if most else size < rule:
                yield f"{at}: {_short(value)} is {'beyond' if most else 'below'} {rule}"

    return check


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """The document's patterns end in `$`, which in Python would also match before a final newline."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:57] + "..."


def _integral(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": _integral,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_KEYWORDS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "$ref": _ref,
    "type": _type,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "anyOf": _any_of,
    "allOf": _all_of,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "format": _format,
    "minimum": _bound((int, float), lambda value: value, most=False),
    "maximum": _bound((int, float), lambda value: value, most=True),
    "maxLength": _bound(str, len, most=True),
    "maxItems": _bound(list, len, most=True),
}
