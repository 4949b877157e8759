"""Undo: which wish takes which command back, and when nothing may."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from console import language
from console.core import commands, instants
from console.core.commands import InvalidWish, Wish
from console.core.instants import HOUR, Instant
from console.core.messages import Account, CoreMeta, Hold, decoder
from console.desk import deciding
from console.desk.undo import NoUndo, compensations, open_again, seen, wish_of
from store.journal import Entry, Journal, Move
from store.life import State

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "contract" / "examples"
META: CoreMeta = decoder(CoreMeta).decode((EXAMPLES / "meta.json").read_bytes())
ACCOUNT: Account = decoder(Account).decode((EXAMPLES / "account.json").read_bytes())
NOW = instants.parse("2026-11-20T21:14:09.000000Z")


@pytest.fixture
def journal(tmp_path) -> Iterator[Journal]:
    language.use("en")
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def hold(hold_id: str, scope: str = "full", expires_at: int | None = None) -> Hold:
    end = None if expires_at is None else Instant(expires_at)
    return Hold(
        hold_id=hold_id, scope=scope, reason_code="other", source="operator", placed_at=NOW, placed_by="maria.k",
        releasable_by="operator", expires_at=end,
    )  # fmt: skip


def carried_out(journal: Journal, wish: Wish, account: Account, effect: str = "applied") -> Entry:
    entry = deciding.decide(journal, META, wish, core_now=NOW, account=account)
    journal.begin_attempt(entry.command_id, NOW)
    return journal.settle(entry.command_id, Move(to=State.CONFIRMED, effect=effect), NOW)


def test_a_freeze_is_taken_back_by_its_own_hold(journal: Journal) -> None:
    entry = carried_out(journal, commands.freeze(ACCOUNT.id, "account_takeover"), ACCOUNT)
    frozen = replace(ACCOUNT, holds=[hold("other"), hold(entry.command_id)])
    (wish,) = compensations(entry, frozen, NOW)
    assert (wish.type, wish.params) == ("account.unfreeze", {"hold_ids": [entry.command_id]})
    with pytest.raises(NoUndo, match="gone already"):
        compensations(entry, replace(ACCOUNT, holds=[hold("other")]), NOW)


def test_a_limit_goes_back_to_what_was_seen_unless_it_was_set_anew(journal: Journal) -> None:
    before = ACCOUNT.limits.credit_limit_minor
    lowered = commands.set_limit(ACCOUNT.id, before // 2, ACCOUNT.limits.currency, "credit_risk")
    entry = carried_out(journal, lowered, ACCOUNT)
    now = replace(ACCOUNT, limits=replace(ACCOUNT.limits, credit_limit_minor=before // 2))
    (wish,) = compensations(entry, now, NOW)
    assert wish.params == {**lowered.params, "value_minor": before}
    assert commands.needs_approval(wish, META, now)
    with pytest.raises(NoUndo, match="set anew"):
        compensations(entry, ACCOUNT, NOW)


def test_a_release_is_taken_back_by_a_freeze_for_each_scope(journal: Journal) -> None:
    before = replace(
        ACCOUNT, holds=[hold("a", "login", NOW + HOUR), hold("b", "login", NOW - 1), hold("c"), hold("d", "debit_only")]
    )
    entry = carried_out(journal, commands.unfreeze(ACCOUNT.id, ["a", "c"], "other", "x"), before)
    wishes = compensations(entry, replace(ACCOUNT, holds=[]), NOW)
    assert [wish.params for wish in wishes] == [{"scope": "login", "expires_at": NOW + HOUR}, {"scope": "full"}]
    assert "expires_at" not in compensations(entry, replace(ACCOUNT, holds=[]), NOW + HOUR)[0].params


def test_a_release_is_not_taken_back_twice_nor_where_somebody_has_frozen_since(journal: Journal) -> None:
    before = replace(ACCOUNT, holds=[hold("a", "login"), hold("b", "full"), hold("kept", "cash_only")])
    entry = carried_out(journal, commands.unfreeze(ACCOUNT.id, ["a", "b"], "other", "x"), before)
    stays = [hold("kept", "cash_only")]
    assert len(compensations(entry, replace(ACCOUNT, holds=stays), NOW)) == 2
    (wish,) = compensations(entry, replace(ACCOUNT, holds=[*stays, hold("new", "login")]), NOW)
    assert wish.params == {"scope": "full"}
    with pytest.raises(NoUndo, match="since"):
        compensations(entry, replace(ACCOUNT, holds=[*stays, hold("new", "full")]), NOW)


def test_of_two_holds_of_a_scope_the_longer_one_comes_back(journal: Journal) -> None:
    before = replace(ACCOUNT, holds=[hold("a"), hold("b", expires_at=NOW + HOUR)])
    for named in (["a", "b"], ["b", "a"]):
        held = replace(before, holds=[one for name in named for one in before.holds if one.hold_id == name])
        entry = carried_out(journal, commands.unfreeze(ACCOUNT.id, named, "other", "x"), held)
        (wish,) = compensations(entry, replace(ACCOUNT, holds=[]), NOW)
        assert wish.params == {"scope": "full"}


def test_what_had_no_effect_or_has_no_way_back_is_not_undone(journal: Journal) -> None:
    freeze = commands.freeze(ACCOUNT.id, "account_takeover")
    waiting = deciding.decide(journal, META, freeze, core_now=NOW, account=ACCOUNT)
    with pytest.raises(NoUndo, match="queued"):
        compensations(waiting, ACCOUNT, NOW)
    closed = commands.close(ACCOUNT.id, "credit_risk")
    journal.withdraw(waiting.command_id, NOW, "maria.k")
    with pytest.raises(NoUndo, match="no way back"):
        compensations(carried_out(journal, closed, ACCOUNT), ACCOUNT, NOW)
    with pytest.raises(NoUndo, match="so already"):
        compensations(carried_out(journal, freeze, ACCOUNT, "already_in_state"), ACCOUNT, NOW)
    done = carried_out(journal, freeze, ACCOUNT)
    with pytest.raises(NoUndo, match="unseen"):
        compensations(done, None, NOW)
    behind = dataclasses.replace(done, resulting_version=ACCOUNT.version + 1)
    with pytest.raises(NoUndo, match="does not show its effect yet"):
        compensations(behind, ACCOUNT, NOW)
    with pytest.raises(NoUndo, match="closed"):
        compensations(done, replace(ACCOUNT, status="closed"), NOW)
    with pytest.raises(NoUndo, match="Nothing undoes"):
        compensations(carried_out(journal, commands.claim(ACCOUNT.id, 30), ACCOUNT), ACCOUNT, NOW)


def test_a_wish_comes_back_from_the_stored_bytes_and_what_was_seen_too(journal: Journal) -> None:
    wish = commands.freeze(ACCOUNT.id, "account_takeover", "n", scope="login", expires_at=Instant(NOW + HOUR))
    entry = deciding.decide(journal, META, wish, core_now=NOW, account=ACCOUNT)
    assert (wish_of(entry), seen(entry)) == (wish, ACCOUNT)


def test_two_consoles_do_not_decide_the_same_again_twice(journal: Journal) -> None:
    wish = commands.freeze(ACCOUNT.id, "account_takeover")
    lost = deciding.decide(journal, META, wish, core_now=NOW, account=ACCOUNT)
    journal.settle(lost.command_id, Move(to=State.EXPIRED, why="never_recorded"), NOW)
    told = {"core_now": NOW, "account": ACCOUNT, "follows": lost.command_id}
    again = deciding.decide(journal, META, wish, **told)
    with pytest.raises(InvalidWish, match="followed"):
        deciding.decide(journal, META, wish, **told)
    deciding.decide(journal, META, commands.freeze(ACCOUNT.id, "account_takeover", scope="login"), **told)
    assert len(journal.recent(10)) == 3
    journal.settle(again.command_id, Move(to=State.EXPIRED, why="never_recorded"), NOW)
    deciding.decide(journal, META, wish, **told)


def test_what_came_to_nothing_waits_until_something_follows_it(journal: Journal) -> None:
    wish = commands.freeze(ACCOUNT.id, "account_takeover")
    lost = deciding.decide(journal, META, wish, core_now=NOW, account=ACCOUNT)
    journal.settle(lost.command_id, Move(to=State.EXPIRED, why="never_recorded"), NOW)
    assert [entry.command_id for entry in open_again(journal.recent(10))] == [lost.command_id]
    deciding.decide(journal, META, wish, core_now=NOW, account=ACCOUNT, follows=lost.command_id)
    assert open_again(journal.recent(10)) == []
    payload = json.loads(journal.rows("SELECT payload FROM audit ORDER BY seq DESC LIMIT 1")[0][0])
    assert payload["follows"] == lost.command_id
