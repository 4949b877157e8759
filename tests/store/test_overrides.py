"""The lists in the journal: entries, their ends, their places in the feed, and the audit of all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.journal import Journal, JournalError
from store.overrides import Listing, Lists

T0 = 1_795_000_000_000_000
DEVICE = Listing(list="block", kind="device", subject="dev.1", level=3, reason="a crew's machine", expires_at=None)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def events(journal: Journal) -> list[tuple[str, dict]]:
    return [(event, json.loads(payload)) for event, payload in journal.rows("SELECT event, payload FROM audit")]


def test_an_entry_counts_from_the_place_it_is_given_to_the_one_where_it_was_taken_back(journal: Journal) -> None:
    lists = Lists(journal)
    entry = lists.add(DEVICE, T0, "maria.k")
    assert (entry.number, entry.from_seq, entry.until_seq, entry.created_by) == (1, None, None, "maria.k")
    [placed] = lists.settle("e1", 42)
    assert (placed.epoch, placed.from_seq) == ("e1", 42)
    assert lists.settle("e1", 99) == [placed]
    lists.remove(1, "was our own tablet", T0 + 1, "li.m")
    [gone] = lists.settle("e1", 77)
    assert (gone.from_seq, gone.until_seq, gone.removed_by, gone.removed_for) == (42, 77, "li.m", "was our own tablet")
    assert lists.entries(T0) == []
    assert [event for event, _ in events(journal)] == ["list.added", "list.removed"]
    assert events(journal)[0][1]["subject"] == "dev.1"
    assert journal.verify_audit() is None


def test_the_same_thing_again_replaces_the_entry(journal: Journal) -> None:
    lists = Lists(journal)
    lists.add(DEVICE, T0, "a")
    lists.settle("e1", 10)
    second = lists.add(Listing(**{**vars(DEVICE), "expires_at": T0 + 50}), T0, "a")
    assert [(entry.number, entry.until_seq) for entry in lists.settle("e1", 20)] == [(1, 20), (2, None)]
    assert [entry.number for entry in lists.entries(T0)] == [second.number]
    assert lists.entries(T0 + 50) == []


def test_what_was_taken_back_before_it_counted_never_does(journal: Journal) -> None:
    lists = Lists(journal)
    lists.remove(lists.add(DEVICE, T0, "a").number, "mistake", T0, "a")
    [entry] = lists.settle("e1", 5)
    assert (entry.from_seq, entry.until_seq) == (5, 5)


def test_an_entry_of_another_epoch_that_is_taken_back_counted_from_its_beginning(journal: Journal) -> None:
    lists = Lists(journal)
    number = lists.add(DEVICE, T0, "a").number
    lists.settle("e1", 900)
    lists.remove(number, "over", T0, "a")
    [entry] = lists.settle("e2", 7)
    assert (entry.epoch, entry.from_seq, entry.until_seq) == ("e2", 0, 7)


def test_what_is_not_there_can_not_be_taken_back(journal: Journal) -> None:
    lists = Lists(journal)
    with pytest.raises(JournalError, match="no entry 1"):
        lists.remove(1, "x", T0, "a")
    lists.remove(lists.add(DEVICE, T0, "a").number, "x", T0, "a")
    with pytest.raises(JournalError, match="before"):
        lists.remove(1, "x", T0, "a")
    assert len(events(journal)) == 2
