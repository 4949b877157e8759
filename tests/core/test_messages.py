"""Every example of the contract is read, written again without loss, and judged by its bounds."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import instants, messages
from console.core.instants import Instant
from console.core.messages import Account, Transaction, decoder, encode
from console.paths import fixtures

EXAMPLES = fixtures() / "contract" / "examples"
SCHEMAS = json.loads((EXAMPLES / "index.json").read_text())
RENAMED = {"Meta": "CoreMeta"}


def without_nulls(value: Any) -> Any:
    """Absent and null mean the same."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_an_example_round_trips(name: str) -> None:
    raw = (EXAMPLES / f"{name}.json").read_bytes()
    kind = getattr(messages, RENAMED.get(SCHEMAS[name], SCHEMAS[name]))
    again = encode(decoder(kind).decode(raw))
    assert without_nulls(json.loads(again)) == without_nulls(json.loads(raw))


def test_unknown_fields_and_enum_values_are_tolerated() -> None:
    account = json.loads((EXAMPLES / "account.json").read_text())
    account |= {"status": "hibernating", "mood": {"deep": [1]}}
    assert decoder(Account).decode(json.dumps(account)).status == "hibernating"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_minor", 2**53),
        ("amount_minor", 1.5),
        ("amount_minor", "1"),
        ("version", 0),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-11-20T21:14:09"),
        ("occurred_at", {}),
        ("id", ""),
        ("id", "x" * 73),
        ("currency", "EURO"),
        ("network_risk_score", 1000),
    ],
)
def test_what_is_out_of_bounds_is_refused(field: str, value: object) -> None:
    transaction = json.loads((EXAMPLES / "transaction.json").read_text()) | {field: value}
    with pytest.raises(msgspec.MsgspecError):
        decoder(Transaction).decode(json.dumps(transaction))


@given(st.integers(0, 4_000_000_000_000_000))
def test_an_instant_survives_the_wire(at: int) -> None:
    text = instants.wire(at)
    assert len(text) == 27
    assert instants.parse(text) == at


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T21:14:09Z", "2026-11-20T22:14:09+01:00", "2026-11-20T21:14:09.000000999Z", "2026-11-20 21:14:09Z"],
)
def test_other_forms_of_rfc_3339_become_the_contracts(text: str) -> None:
    assert instants.wire(instants.parse(text)) == "2026-11-20T21:14:09.000000Z"


@given(st.lists(st.integers(0, 2**50), unique=True, min_size=2, max_size=20))
def test_text_order_is_time_order(moments: list[int]) -> None:
    assert sorted(moments) == [instants.parse(text) for text in sorted(map(instants.wire, moments))]


def test_an_instant_is_a_plain_number() -> None:
    assert Instant(5) + 1 == 6
