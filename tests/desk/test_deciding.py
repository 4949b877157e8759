"""Deciding: from a wish to a journaled command with its version and deadline."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from console.core import commands, instants
from console.core.commands import InvalidWish
from console.core.instants import HOUR, MINUTE, SECOND
from console.core.messages import Account, CommandRequest, CoreMeta, DecidedOn, decoder
from console.desk import deciding, lists
from console.language import catalogue
from store.journal import Blocked, Journal, Move
from store.life import State

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "contract" / "examples"
META: CoreMeta = decoder(CoreMeta).decode((EXAMPLES / "meta.json").read_bytes())
ACCOUNT: Account = decoder(Account).decode((EXAMPLES / "account.json").read_bytes())
NOW = instants.parse("2026-11-20T21:14:09.000000Z")
FREEZE = commands.freeze(ACCOUNT.id, "account_takeover")
LOWER = commands.set_limit(ACCOUNT.id, 100, "EUR", "credit_risk")
CLOSE = commands.close(ACCOUNT.id, "credit_risk")


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def test_a_decision_carries_version_deadline_subject_and_what_was_on_screen(journal: Journal) -> None:
    seen = DecidedOn(score=0.96, rule_ids=["r1"], seen_seq=7)
    entry = deciding.decide(journal, META, LOWER, core_now=NOW, account=ACCOUNT, decided_on=seen)
    message: CommandRequest = decoder(CommandRequest).decode(entry.body)
    assert (entry.state, entry.if_match, entry.created_by) == (State.QUEUED, 41, "maria.k")
    assert message.not_after == entry.not_after == NOW + 2 * MINUTE
    assert message.decided_on == seen


def test_what_a_person_must_approve_gets_hours(journal: Journal) -> None:
    assert deciding.decide(journal, META, CLOSE, core_now=NOW, account=ACCOUNT).not_after == NOW + 2 * HOUR


def test_without_the_version_seen_only_a_freeze_can_be_decided(journal: Journal) -> None:
    with pytest.raises(InvalidWish, match="version_unknown"):
        deciding.decide(journal, META, LOWER, core_now=NOW)
    assert deciding.decide(journal, META, FREEZE, core_now=NOW).if_match is None
    assert [entry.type for entry in journal.unresolved()] == ["account.freeze"]


def test_a_freeze_is_not_held_up_by_the_desks_own_unresolved_command(journal: Journal) -> None:
    assert deciding.decide(journal, META, FREEZE, core_now=NOW, account=ACCOUNT).if_match == 41
    with pytest.raises(Blocked):
        deciding.decide(journal, META, LOWER, core_now=NOW, account=ACCOUNT)
    assert deciding.decide(journal, META, FREEZE, core_now=NOW, account=ACCOUNT).if_match is None


def test_what_is_decided_together_is_stored_together_each_as_a_command_of_its_own(journal: Journal) -> None:
    fraud = commands.verdict(ACCOUNT.id, "fraud", ["t1"])
    snooze = lists.snoozing(ACCOUNT.id, NOW + HOUR, "called", stream_time=NOW)
    first = deciding.decide(journal, META, FREEZE, core_now=NOW, account=ACCOUNT, also=[fraud], snooze=snooze)
    freeze, verdict = journal.unresolved()
    assert (freeze.command_id, freeze.type, freeze.if_match) == (first.command_id, "account.freeze", 41)
    assert (verdict.type, verdict.account_id, verdict.if_match) == ("case.verdict", ACCOUNT.id, None)
    assert [entry.subject for entry in lists.entries(journal)] == [ACCOUNT.id]
    journal.begin_attempt(freeze.command_id, NOW)
    journal.settle(freeze.command_id, Move(to=State.REJECTED), NOW)
    assert [entry.type for entry in journal.unresolved()] == ["case.verdict"]
    assert journal.verify_audit() is None


def test_where_one_part_can_not_be_stored_none_is(journal: Journal) -> None:
    deciding.decide(journal, META, LOWER, core_now=NOW, account=ACCOUNT)
    legit, release = commands.verdict(ACCOUNT.id, "legit"), commands.unfreeze(ACCOUNT.id, ["h1"], "other", "called")
    snooze = lists.snoozing(ACCOUNT.id, NOW + HOUR, "called", stream_time=NOW)
    before = journal.checkpoint(NOW)
    for wish, also in ((release, legit), (legit, release)):
        with pytest.raises(Blocked):
            deciding.decide(journal, META, wish, core_now=NOW, account=ACCOUNT, also=[also], snooze=snooze)
    with pytest.raises(InvalidWish):
        deciding.decide(journal, META, legit, core_now=NOW, account=ACCOUNT, also=[commands.note(ACCOUNT.id, " ")])
    assert [entry.type for entry in journal.unresolved()] == ["account.set_limit"]
    assert (lists.entries(journal), journal.checkpoint(NOW)) == ([], before)


def test_a_case_command_carries_no_version(journal: Journal) -> None:
    assert deciding.decide(journal, META, commands.claim("a1", 30), core_now=NOW, account=ACCOUNT).if_match is None


def test_waiting_ends_when_it_is_settled_or_with_a_person_or_over(journal: Journal) -> None:
    entry = deciding.decide(journal, META, CLOSE, core_now=NOW, account=ACCOUNT)
    assert deciding.wait_for(journal, entry.command_id, 0.0).state is State.QUEUED
    journal.begin_attempt(entry.command_id, NOW)
    journal.settle(entry.command_id, Move(to=State.AWAITING_APPROVAL), NOW)
    assert deciding.wait_for(journal, entry.command_id, 60).state is State.AWAITING_APPROVAL
    journal.settle(entry.command_id, Move(to=State.CONFIRMED), NOW)
    assert deciding.wait_for(journal, entry.command_id, 60).state is State.CONFIRMED
    with pytest.raises(KeyError):
        deciding.wait_for(journal, "no-such", 0.0)


def test_every_refusal_has_its_words() -> None:
    sources = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (commands, deciding))
    keys = set(re.findall(r'InvalidWish\(\s*"(\w+)"', sources)) | {"blocked"}
    assert len(keys) > 10
    assert {f"desk.{key}" for key in keys} <= set(catalogue("en"))


def test_a_refusal_is_explained_with_its_values(journal: Journal) -> None:
    deciding.decide(journal, META, CLOSE, core_now=NOW, account=ACCOUNT)
    with pytest.raises(Blocked) as blocked:
        deciding.decide(journal, META, LOWER, core_now=NOW, account=ACCOUNT)
    assert "close is still queued" in deciding.explain(blocked.value)
    with pytest.raises(InvalidWish) as invalid:
        deciding.decide(journal, META, commands.claim("a1", 0), core_now=NOW)
    assert "480" in deciding.explain(invalid.value)


def test_while_the_quotas_commands_are_on_their_way_the_deadline_suits_the_core_either_way(journal: Journal) -> None:
    """They may expire unsent, and then nobody is asked: hours would be refused."""
    operator = msgspec.structs.replace(META, you=msgspec.structs.replace(META.you, roles=["operator"]))
    before = [
        deciding.decide(journal, operator, commands.freeze(f"a{number}", "account_takeover"), core_now=NOW)
        for number in range(META.limits.bulk_accounts)
    ]
    longest = META.limits.not_after_max_s * SECOND
    perhaps = deciding.decide(journal, operator, FREEZE, core_now=NOW)
    assert 2 * MINUTE < perhaps.not_after - NOW < longest
    journal.withdraw(perhaps.command_id, NOW, "maria.k")
    for entry in before:
        journal.begin_attempt(entry.command_id, NOW)
        journal.settle(entry.command_id, Move(to=State.ACKED), NOW)
    assert deciding.decide(journal, operator, FREEZE, core_now=NOW).not_after - NOW > longest
