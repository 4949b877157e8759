"""The kit's reading of the OpenAPI document, against the document itself and a full JSON Schema validator."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.bench.conformance import schema
from console.core.messages import RESOURCES
from tests.contract import CONTRACT, FOLDER

EXAMPLES = {
    name: kind
    for name, kind in json.loads((FOLDER / "examples" / "index.json").read_text()).items()
    if kind not in ("CommandRequest", "Decision")
}
SILENT = {"description", "title", "additionalProperties", "discriminator", "oneOf", "minItems", "uniqueItems"}
"""Keywords that say nothing about answers: only requests are closed, or say nothing at all."""


def test_the_document_is_the_contracts():
    """Made again by json.dump(yaml.safe_load(...), separators=(",", ":"), ensure_ascii=False)."""
    assert CONTRACT == schema.DOCUMENT


def keywords_of_answers() -> set[str]:
    """Every keyword in the schemas that answers use, followed through their references."""
    seen: set[str] = set()
    found: set[str] = set()

    def walk(part: Any) -> None:
        found.update(part)
        for word in ("anyOf", "allOf"):
            for inner in part.get(word, ()):
                walk(inner)
        for inner in (*part.get("properties", {}).values(), *([part["items"]] if "items" in part else [])):
            walk(inner)
        name = part.get("$ref", "").rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            walk(schema.named(name))

    for template, operations in schema.DOCUMENT["paths"].items():
        path = template.replace("{type}", "x").replace("{id}", "x")
        for method, operation in operations.items():
            for status in operation["responses"]:
                walk(schema.answer_schema(method.upper(), path, int(status)))
    for type_ in RESOURCES:
        walk(schema.resource(type_))
    return found


def test_every_keyword_of_an_answer_is_understood():
    assert keywords_of_answers() <= set(schema._KEYWORDS) | SILENT


def full(kind: str, value: Any) -> bool:
    """What a full validator says."""
    document = {"$ref": f"#/components/schemas/{kind}", "components": schema.DOCUMENT["components"]}
    return bool(jsonschema_rs.is_valid(document, value))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a JSON value, the whole included."""
    found = [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        found += places(part, (*at, name))
    return found


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=200),
    st.sampled_from(["a b", "CNY", "cny", "2026-11-20T21:14:09.220Z", "2026-11-20T21:14:09.220511Z", "", "x" * 73]),
    st.just([]),
    st.just({}),
)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_examples_with_one_odd_part_are_judged_as_a_full_validator_does(data):
    name = data.draw(st.sampled_from(sorted(EXAMPLES)))
    value = json.loads((FOLDER / "examples" / f"{name}.json").read_text())
    value = replaced(value, data.draw(st.sampled_from(places(value))), data.draw(ODD))
    assert (not list(schema.faults(schema.named(EXAMPLES[name]), value))) == full(EXAMPLES[name], value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_have_no_fault(name):
    value = json.loads((FOLDER / "examples" / f"{name}.json").read_text())
    assert not list(schema.faults(schema.named(EXAMPLES[name]), value))


def test_a_time_that_no_calendar_has_is_a_fault():
    faults = schema.faults(schema.named("Timestamp"), "2026-02-30T00:00:00.000000Z")
    assert list(faults) == [': "2026-02-30T00:00:00.000000Z" is no time']


@pytest.mark.parametrize(
    ("method", "path", "status", "known"),
    [
        ("GET", "/meta", 200, True),
        ("GET", "/accounts/acc_1", 304, True),
        ("GET", "/accounts/acc_1", 418, False),
        ("GET", "/accounts/acc_1/more", 200, False),
        ("POST", "/commands", 202, True),
        ("DELETE", "/commands", 200, False),
    ],
)
def test_an_answer_that_the_document_does_not_foresee_is_told_apart(method, path, status, known):
    assert (schema.answer_schema(method, path, status) is not None) == known
