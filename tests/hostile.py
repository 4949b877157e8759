"""What a hostile or broken core may put into every field of every resource: made from the contract's own types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from msgspec import inspect

from console.core.instants import Instant, wire
from console.core.messages import RESOURCES, decoder

NUMBER = "@@"
NOON = 1_700_000_000_000_000
RAW = "%%raw%%"
"""Stands for JSON text, or what only looks like it, that `page` puts into its place."""

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x1bPq\x1b\\\x9b5n"
MARKUP = "A [/b] [bold red]B[/] [@click=app.quit]x[/] [link=http://evil]y[/link] :skull:"
BIDI = "\u202eevil\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
HIDDEN = "\u200b\u200d\ufeff\u2060\u00ad\ue000\U000e0041\ufffe"
MARKS = "Z" + "\u0301\u0489" * 40
BREAKS = "a\r\nb\tc\x0b\x0c\x85\u2028\u2029"
FLAGS = "\U0001f1e6\U0001f1fa👨\u200d👩\u200d👧🏽"
LONG = "很" * 10_000
TEXTS = (ESCAPES, MARKUP, BIDI, HIDDEN, MARKS, BREAKS, FLAGS, LONG, "a\x00b", "\x00", "", " ", "x" * 10_000)
LITERALS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "01", "+1", "0x1", "1_000", "tru", "'a'", '"\\x"',
    '"\\ud800"', '"\\udfff\\ud800"', '"a', "", "{", "]", '{"a":1', "[" * 300 + "]" * 300, "[" * 3000 + "]" * 3000,
    '{"a":' * 3000 + "1" + "}" * 3000, "1" * 5000, '"\\u0000"', "null", "/* */ 1",
)  # fmt: skip
"""Among them what is no JSON at all."""
NUMBERS = (0, -1, 1, 2**31, 2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 0.5,
    -0.0, 1e308, -1e308, 5e-324, 90.0, 90.0000001, 180.5)  # fmt: skip
TIMES = (
    "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "2023-11-20T24:00:00Z", "2023-02-30T00:00:00Z", "2023-11-20", "20231120T100000Z",
    "2023-11-20T10:00:00", "-001-01-01T00:00:00Z", "٢٠٢٣-11-20T10:00:00.000000Z", "1677-09-21T00:12:43Z",
    "2262-04-11T23:47:17Z", "2038-01-19T03:14:08Z", "",
)  # fmt: skip
WRONG = (None, True, False, [], {}, [[]], {"a": None}, ["x"], [{}], {"id": "x"}, [None], 7, "x", 0.1)
VALUES = (*TEXTS, *NUMBERS, *TIMES, *WRONG)


def whole(type_: str, number: int = 1) -> dict[str, Any]:
    """A resource of a type with every field that it may have; the same number gives related resources."""
    doc: dict[str, Any] = json.loads(_template(type_).replace(NUMBER, str(number)))
    return doc | {"id": f"{type_}.{number}", "version": 1}


@lru_cache
def _template(type_: str) -> str:
    return json.dumps(_made(inspect.type_info(RESOURCES[type_]), ""))


def _made(info: Any, name: str) -> Any:
    match info:
        case inspect.StructType():
            return {field.encode_name: _made(field.type, field.encode_name) for field in info.fields}
        case inspect.UnionType():
            return _made(next(t for t in info.types if not isinstance(t, inspect.NoneType)), name)
        case inspect.ListType():
            return [_made(info.item_type, name)]
        case inspect.StrType():
            return _text(name)[: info.max_length]
        case inspect.IntType() | inspect.FloatType():
            return max(1, info.ge or 0)
        case inspect.BoolType():
            return False
        case inspect.CustomType() if info.cls is Instant:
            return wire(NOON)
        case inspect.DictType():
            return {"scope": "full"}
        case inspect.CustomType() | inspect.RawType():
            return None
    raise AssertionError(f"{name}: {info}")


def _text(name: str) -> str:
    known = {
        "currency": "CNY", "merchant_currency": "CNY", "mcc": "5411", "country": "CN", "ip_country": "CN",
        "ip": "10.0.0.1", "type": "account", "verdict": "fraud", "kind": "purchase", "status": "active",
        "outcome": "success", "scope": "full",
    }  # fmt: skip
    for owner in ("account", "customer", "device"):
        known[f"{owner}_id"] = f"{owner}.{NUMBER}"
    return known.get(name, f"{name}.{NUMBER}")


Path = tuple[str | int, ...]


def fields(doc: Any, path: Path = ()) -> Iterator[Path]:
    """Where a value can be put: every field, nested ones and whole parts included."""
    if path:
        yield path
    inner = doc.items() if isinstance(doc, dict) else enumerate(doc) if isinstance(doc, list) else ()
    for key, value in inner:
        yield from fields(value, (*path, key))


FIELDS: list[tuple[str, Path]] = [(type_, path) for type_ in RESOURCES for path in fields(whole(type_))]


def put(doc: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """The document with a value put at a place."""
    place: Any = doc
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return doc


def change(type_: str, doc: dict[str, Any], **told: object) -> dict[str, Any]:
    """The change that brings a resource; what the change says of it can be told otherwise."""
    at = wire(NOON)
    base = {"type": type_, "op": "upsert", "id": doc.get("id"), "version": doc.get("version")}
    return {**base, "occurred_at": at, "recorded_at": at, "data": doc, **told}


def page(changes: list[dict[str, Any]], after: int = 0, epoch: str = "e") -> bytes:
    """Changes as a page of the feed. A text `RAW + x` stands there as bare `x`, JSON or not."""
    numbered = [{"seq": seq, **told} for seq, told in enumerate(changes, after + 1)]
    head = {"epoch": epoch, "from_seq": after, "scanned_to_seq": after + len(changes), "has_more": False}
    head |= {"head_seq": after + len(changes), "watermark": wire(NOON), "next_cursor": "c"}
    text = json.dumps(head | {"changes": numbered})
    return bare(text)


def bare(text: str) -> bytes:
    """JSON text with what RAW marks put in bare."""
    parts = text.split(f'"{RAW}')
    made = parts[0]
    for part in parts[1:]:
        literal, rest = _cut_literal(part)
        made += json.loads(f'"{literal}"') + rest
    return made.encode("utf-8", "surrogatepass")


def _cut_literal(part: str) -> tuple[str, str]:
    """The rest of a JSON string, and what follows it."""
    decoded, end = json.JSONDecoder().raw_decode(f'"{part}')
    assert isinstance(decoded, str)
    return part[: end - 2], part[end - 1 :]


def full_of(values: tuple[object, ...], number: int, turn: int) -> list[dict[str, Any]]:
    """Related resources of every type, with a value, and on with the next, in each field that may hold it."""
    made = []
    for type_ in RESOURCES:
        doc, kind = whole(type_, number), decoder(RESOURCES[type_])
        for place, (of, path) in enumerate(FIELDS):
            if of != type_ or str(path[-1]).endswith("id") or path[-1] in ("version", "type"):
                continue
            value = values[(turn + place) % len(values)]
            tried = json.loads(json.dumps(doc))
            if value is None or "\0" in str(value) or not _holds(tried, path):
                continue
            for form in (value, str(value)[:128], str(value)[:64], str(value)[:2]):
                try:
                    kind.decode(json.dumps(put(tried, path, form)))
                except (ValueError, RecursionError):
                    continue
                doc = tried
                break
        made.append(change(type_, doc))
    return made


def _holds(doc: Any, path: Path) -> bool:
    """Whether there is still such a place in the document."""
    for key in path[:-1]:
        try:
            doc = doc[key]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(doc, dict)
