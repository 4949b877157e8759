"""Policies in the journal: what is in force, where it counts from, the way back, proposals; all of it audited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.entries import Intent
from store.journal import Journal, JournalError
from store.policies import Policies, Text, in_force

ONE = Text(version="111111111111", name="one", text="name = 'one'")
TWO = Text(version="222222222222", name="two", text="name = 'two'")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def apply(journal: Journal, text: Text, stance: str, now: int = 1) -> None:
    Policies(journal).apply(text, stance, "because", "maria", now=now, since=now)


def events(journal: Journal) -> list[str]:
    return [event for (event,) in journal.rows("SELECT event FROM audit ORDER BY seq")]


def test_the_newest_is_in_force_and_stamps_what_is_decided(journal):
    assert in_force(journal) is None
    apply(journal, ONE, "normal")
    apply(journal, ONE, "tight", 2)
    found = in_force(journal)
    assert found is not None
    assert (found.stamp, found.since, found.text) == ("111111111111/tight", 2, ONE.text)
    entry = journal.intend(
        Intent(
            command_id="c1", type="account.freeze", target_type="account", target_id="a", account_id="a", body=b"{}",
            if_match=None, not_after=9, created_by="maria",
        ),
        3,
    )  # fmt: skip
    assert entry.policy_version == found.stamp
    told = json.loads(journal.rows("SELECT payload FROM audit WHERE event = 'command.decided'")[0][0])
    assert told["policy_version"] == found.stamp
    assert journal.rows("SELECT policy_version FROM v_command") == [(found.stamp,)]
    with pytest.raises(JournalError, match="in force already"):
        apply(journal, ONE, "tight", 4)
    assert journal.verify_audit() is None


def test_a_policy_counts_from_the_next_page_on_and_at_the_same_place_for_ever(journal):
    policies = Policies(journal)
    apply(journal, ONE, "normal")
    assert [move.from_seq for move in policies.settle("e", 1, 5)] == [1]
    apply(journal, ONE, "tight", 2)
    apply(journal, TWO, "loose", 3)
    assert [(move.stance, move.from_seq) for move in policies.settle("e", 40, 6)] == [
        ("normal", 1),
        ("tight", 40),
        ("loose", 40),
    ]
    assert policies.settle("e", 90, 7) == policies.counting("e")
    assert events(journal).count("policy.in_force") == 3


def test_while_a_new_mirror_is_behind_nothing_counts_before_what_was_in_force_before_it(journal):
    policies = Policies(journal)
    apply(journal, ONE, "normal")
    policies.settle("e", 1, 5)
    apply(journal, ONE, "tight", 2)
    policies.settle("e", 800, 6)
    apply(journal, ONE, "loose", 3)
    assert [(move.stance, move.from_seq) for move in policies.settle("e", 500, 7)] == [
        ("normal", 1),
        ("tight", 800),
        ("loose", 800),
    ]


def test_in_a_new_epoch_what_was_in_force_counts_from_the_beginning(journal):
    policies = Policies(journal)
    apply(journal, ONE, "normal")
    policies.settle("e", 1, 5)
    apply(journal, ONE, "tight", 2)
    policies.settle("e", 50, 6)
    assert [move.stance for move in policies.settle("f", 1, 7)] == ["tight"]
    apply(journal, TWO, "loose", 8)
    assert [(move.stance, move.epoch) for move in policies.settle("f", 9, 9)] == [("tight", "e"), ("loose", "f")]


def test_rolling_back_goes_to_what_was_before_and_then_further(journal):
    policies = Policies(journal)
    for now, (text, stance) in enumerate([(ONE, "normal"), (ONE, "tight"), (TWO, "loose")]):
        apply(journal, text, stance, now)

    def back(version: str | None = None) -> str:
        return policies.roll_back(version, "worse", "maria", now=9, since=9).stamp

    assert back() == "111111111111/tight"
    assert back() == "111111111111/normal"
    with pytest.raises(JournalError, match="nothing was in force before"):
        back()
    assert back("22") == "222222222222/loose"
    with pytest.raises(JournalError, match="never in force"):
        back("33")
    assert events(journal).count("policy.rolled_back") == 3
    assert [move.kind for move in policies.history()][:3] == ["rolled_back"] * 3


def test_a_proposal_waits_until_it_is_applied_dismissed_or_replaced(journal):
    policies = Policies(journal)
    apply(journal, ONE, "normal")

    def propose(stance: str) -> int:
        return policies.propose(ONE, stance, [{"indicator": "x"}], None, "watcher", now=5, since=5).number

    first = propose("guarded")
    second = propose("tight")
    policies.tell_effect(second, {"alerts": 3})
    found = policies.open_proposal()
    assert found is not None
    assert (found.number, json.loads(found.because), json.loads(found.effect or "")) == (
        second,
        [{"indicator": "x"}],
        {"alerts": 3},
    )
    apply(journal, ONE, "tight", 6)
    assert policies.open_proposal() is None
    third = propose("loose")
    policies.dismiss(third, "not now", "maria", now=7)
    with pytest.raises(JournalError, match="not open"):
        policies.dismiss(third, "again", "maria", now=7)
    states = {one.number: one.state for one in policies.proposals()}
    assert states == {first: "superseded", second: "applied", third: "dismissed"}
    assert journal.verify_audit() is None


def test_the_read_view_is_as_documented(journal):
    apply(journal, ONE, "normal", 1_000_000)
    columns = "position, version, name, stance, kind, since, actor, reason, decided_at, epoch, from_seq, policy_version"
    (row,) = journal.rows(f"SELECT {columns} FROM v_policy")
    assert row[1:6] == ("111111111111", "one", "normal", "applied", "1970-01-01T00:00:01.000000Z")
    assert row[-1] == "111111111111/normal"
