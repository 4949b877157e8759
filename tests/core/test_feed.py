"""Pages of the feed: what continues is kept, what does not is refused, what can't be understood is set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import apart, feed
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
        ({"seq": "first"}, "seq"),
        ({"seq": float("nan")}, "malformed"),
        ({"data": {**EXAMPLE["changes"][0]["data"], "amount_minor": float("inf")}}, "malformed"),
        ({"data": {**EXAMPLE["changes"][0]["data"], "channel": "half a pair \ud800"}}, "malformed"),
    ],
)
def test_one_spoiled_change_does_not_stop_the_feed(spoil: dict[str, Any], reason: str) -> None:
    changes = [{**EXAMPLE["changes"][0], **spoil}, *EXAMPLE["changes"][1:]]
    read = feed.read(page(changes=changes), STORED)
    assert len(told(read)) == len(changes) - 1
    assert [spoiled.seq for spoiled in read.spoiled] == [EXAMPLE["from_seq"] + 1]
    assert reason in read.spoiled[0].reason


@pytest.mark.parametrize("count", [1, 2])
def test_a_change_without_its_resource_is_set_aside(count: int) -> None:
    bare = {name: value for name, value in EXAMPLE["changes"][0].items() if name != "data"}
    first = EXAMPLE["from_seq"] + 1
    read = feed.read(page(changes=[bare, EXAMPLE["changes"][1]][:count], scanned_to_seq=first + count - 1), STORED)
    assert [(spoiled.seq, "another id or version" in spoiled.reason) for spoiled in read.spoiled] == [(first, True)]
    assert len(told(read)) == count - 1


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


@pytest.mark.parametrize("depth", [200, 2_000, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_nesting_without_end_spoils_its_own_change_only(depth: int, brackets: tuple[str, str]) -> None:
    deep = f"{brackets[0] * depth}1{brackets[1] * depth}"
    body = page(changes=[EXAMPLE["changes"][0], {**EXAMPLE["changes"][1], "data": "DEEP"}, *EXAMPLE["changes"][2:]])
    read = feed.read(body.replace(b'"DEEP"', deep.encode()), STORED)
    (spoiled,) = read.spoiled
    assert (spoiled.seq, spoiled.id) == (EXAMPLE["from_seq"] + 2, EXAMPLE["changes"][1]["id"])
    assert len(told(read)) == len(EXAMPLE["changes"]) - 1


@pytest.mark.parametrize("field", ["id", "type", "data", "recorded_at"])
def test_bytes_that_are_no_text_spoil_their_own_change_only(field: str) -> None:
    changes = [{**EXAMPLE["changes"][0], field: "BYTES"}, *EXAMPLE["changes"][1:]]
    read = feed.read(page(changes=changes).replace(b"BYTES", b"\xff\xfe"), STORED)
    assert [spoiled.seq for spoiled in read.spoiled] == [EXAMPLE["from_seq"] + 1]
    assert len(told(read)) == len(changes) - 1


@pytest.mark.parametrize("at", range(0, len(page()), 37))
def test_a_page_cut_off_anywhere_is_discarded_whole(at: int) -> None:
    with pytest.raises(CoreUnreachable):
        feed.read(page()[:at], STORED)


@given(st.binary(max_size=60), st.integers(0, len(page())))
def test_bytes_anywhere_in_a_page_end_in_a_page_or_in_one_known_error(junk: bytes, at: int) -> None:
    body = page()[:at] + junk + page()[at:]
    try:
        read = feed.read(body, STORED)
    except (CoreUnreachable, FeedGap, FeedReset):
        return
    assert len(told(read)) + len(read.spoiled) == read.position.seq - STORED.seq


@given(JSON.map(lambda value: json.dumps([value, {"changes": [1]}, value])), JSON, JSON)
def test_a_page_is_taken_apart_as_it_was_put_together(extra: str, one: object, other: object) -> None:
    texts = [json.dumps(one), f" {json.dumps(other)}\n", "NaN", '{"a":"]"}', r'"\\\""']
    body = f'{{"x":{extra},"changes":"y" , "changes" :[{",".join(texts)}],"z":{extra}}}'
    head, elements = apart.split(body.encode(), "changes")
    assert [element.decode() for element in elements] == texts
    assert json.loads(head)["changes"] == []
    assert apart.split(head, "changes") == (head, [])
