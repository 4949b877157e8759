"""Pages of the feed: what continues is kept, what does not is refused, what can't be understood is set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import feed
from console.core.feed import FeedGap, FeedReset, Page, Position
from console.core.problems import CoreUnreachable
from console.paths import fixtures

EXAMPLE = json.loads((fixtures() / "contract" / "examples" / "change_page.json").read_text())
STORED = Position(EXAMPLE["epoch"], EXAMPLE["from_seq"], "cursor")


def told(read: Page) -> dict[int, tuple[str, str | None]]:
    """(type, document, None of a delete) of each change by its place."""
    found: dict[int, tuple[str, str | None]] = {}
    for type_, lot in read.lots.items():
        found |= {change.seq: (type_, doc) for change, doc in zip(lot.changes, lot.docs, strict=True)}
        found |= {change.seq: (type_, None) for change in lot.deletes}
    return dict(sorted(found.items()))


def page(**changed: Any) -> bytes:
    return json.dumps({**EXAMPLE, **changed}).encode()


def test_a_page_that_follows_is_read_whole() -> None:
    read = feed.read(page(), STORED)
    facts = list(told(read).values())
    assert [type_ for type_, _ in facts] == [change["type"] for change in EXAMPLE["changes"]]
    assert read.position == Position(EXAMPLE["epoch"], EXAMPLE["scanned_to_seq"], EXAMPLE["next_cursor"])
    assert read.spoiled == []
    assert json.loads(facts[0][1] or "") == EXAMPLE["changes"][0]["data"]
    assert facts[2][1] is None


def test_an_empty_page_moves_the_position() -> None:
    read = feed.read(page(from_seq=7, scanned_to_seq=7, changes=[]), Position(EXAMPLE["epoch"], 7, "cursor"))
    assert (read.lots, read.position.seq) == ({}, 7)


@pytest.mark.parametrize(
    "changed",
    [
        {"from_seq": EXAMPLE["from_seq"] + 1},
        {"scanned_to_seq": EXAMPLE["scanned_to_seq"] + 1},
        {"changes": EXAMPLE["changes"][:-1]},
        {"changes": EXAMPLE["changes"][1:]},
        {"changes": EXAMPLE["changes"][::-1]},
        {"changes": [EXAMPLE["changes"][0]] * 5},
        {"changes": [*EXAMPLE["changes"][:-1], {"type": "account"}]},
    ],
)
def test_a_page_that_does_not_follow_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(FeedGap):
        feed.read(page(**changed), STORED)


def test_another_epoch_means_starting_anew() -> None:
    with pytest.raises(FeedReset) as reset:
        feed.read(page(epoch="2027"), STORED)
    assert reset.value.code == "epoch_changed"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"<html>", b"\xff\xfe", page()[:-20]])
def test_what_is_no_page_is_discarded_whole(body: bytes) -> None:
    with pytest.raises(CoreUnreachable):
        feed.read(body, STORED)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"type": "weather"}, "unknown resource type"),
        ({"op": "merge"}, "unknown op"),
        ({"data": None}, "Expected"),
        ({"id": "another"}, "another id or version"),
        ({"version": 99}, "another id or version"),
        ({"data": {**EXAMPLE["changes"][0]["data"], "amount_minor": 2**60}}, "amount_minor"),
        ({"data": {**EXAMPLE["changes"][0]["data"], "occurred_at": "soon"}}, "occurred_at"),
        ({"version": "one"}, "version"),
    ],
)
def test_one_spoiled_change_does_not_stop_the_feed(spoil: dict[str, Any], reason: str) -> None:
    changes = [{**EXAMPLE["changes"][0], **spoil}, *EXAMPLE["changes"][1:]]
    read = feed.read(page(changes=changes), STORED)
    assert len(told(read)) == len(changes) - 1
    assert [spoiled.seq for spoiled in read.spoiled] == [EXAMPLE["from_seq"] + 1]
    assert reason in read.spoiled[0].reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["type", "op", "id", "version", "occurred_at", "recorded_at", "data", "caused_by"]), JSON)
def test_whatever_a_field_holds_the_rest_of_the_page_is_read(field: str, value: object) -> None:
    changes = [{**EXAMPLE["changes"][0], field: value}, *EXAMPLE["changes"][1:]]
    read = feed.read(page(changes=changes), STORED)
    assert len(told(read)) + len(read.spoiled) == len(changes)
    assert len(told(read)) >= len(changes) - 1


def test_nesting_without_end_is_no_page() -> None:
    deep = "[" * 50_000 + "]" * 50_000
    body = page(changes=[{**EXAMPLE["changes"][0], "data": "DEEP"}, *EXAMPLE["changes"][1:]])
    with pytest.raises(CoreUnreachable):
        feed.read(body.replace(b'"DEEP"', deep.encode()), STORED)
