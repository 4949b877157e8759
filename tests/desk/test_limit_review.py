"""The limit review over the book: drafts that nobody sends but a person, and that a newer review replaces."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.core.instants import DAY, Instant
from console.core.messages import Account, CoreMeta, ReasonCode, decoder
from console.desk import bulk, limit_review, review
from console.desk.limit_review import Moved, NoReason
from console.paths import Home
from console.watch.book import review_when_due
from store import audit
from store.journal import Journal, JournalError
from store.plans import Plans, PlanState
from store.reader import Reader
from tests.ui.mirror_builder import META, NOW, build

CORE: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
RULES: CoreMeta = msgspec.structs.replace(
    CORE,
    reason_codes=[
        ReasonCode(code=code, title=code, commands=["account.set_limit"])
        for code in ("ability_verified", "credit_risk")
    ],
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose mirror has one account that earned a raise, one that is late, and others that stay."""
    place = Home(tmp_path / "home")
    place.make()
    build(place.mirror, 40)
    with closing(sqlite3.connect(place.mirror)) as connection, connection:
        connection.execute("UPDATE account SET status = 'frozen'")
        connection.execute("UPDATE alert SET state = 'closed'")
        for number, late in ((20, 0), (21, 30)):
            connection.execute(
                "UPDATE account SET status = 'active', doc = json_set(doc, '$.status', 'active', '$.holds', json('[]'),"
                " '$.days_past_due', ?, '$.limits.credit_limit_minor', 500000, '$.limits.balance_minor', 200000,"
                " '$.limits.pending_minor', 0, '$.limits.currency', 'CNY') WHERE account = ?",
                (late, number),
            )
        connection.execute(
            "UPDATE resource SET doc = json_set(doc, '$.bureau', json(?), '$.income.verified', json('true'))"
            " WHERE type = 'customer'",
            (json.dumps({"as_of": "2026-11-01T00:00:00.000000Z", "score": 720, "delinquencies_24m": 0}),),
        )
    return place


@pytest.fixture
def journal(home: Home) -> Iterator[Journal]:
    opened = Journal(home.journal)
    yield opened
    opened.close()


def found(home: Home) -> list[Moved]:
    mirror = Reader(home.mirror)
    try:
        return [one for one in limit_review.review(mirror, review.rules(None)) if one is not None]
    finally:
        mirror.close()


def test_the_book_is_gone_through_in_chunks(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found(home)
    assert {(one.line.account_id, one.change.why) for one in whole} == {
        ("acc_000020", "earned"), ("acc_000021", "late"),
    }  # fmt: skip
    monkeypatch.setattr(limit_review, "CHUNK", 1)
    assert found(home) == whole


def test_what_is_proposed_waits_as_drafts_for_whoever_takes_them_over(home: Home, journal: Journal) -> None:
    plans, by = Plans(journal), review.rules(None)
    raises, cuts = limit_review.draft(journal, RULES, found(home), by, NOW, "watcher")
    assert [(plan.state, plan.order.reason_code) for plan in (raises, cuts)] == [
        (PlanState.DRAFT, "ability_verified"), (PlanState.DRAFT, "credit_risk"),
    ]  # fmt: skip
    assert plans.running() == []
    taken = plans.resume(raises.number, NOW + 1, "maria.k")
    assert (taken.state, taken.created_by) == (PlanState.RUNNING, "maria.k")
    assert plans.running() == [taken]
    (newer,) = limit_review.draft(
        journal, RULES, [one for one in found(home) if not one.change.raises], by, NOW + 2, "watcher"
    )
    assert (plans.need(cuts.number).state, plans.need(cuts.number).why) == (PlanState.DISCARDED, "superseded")
    assert plans.stop(newer.number, NOW + 3, "maria.k").state is PlanState.DISCARDED
    for number in (cuts.number, newer.number):
        with pytest.raises(JournalError):
            plans.resume(number, NOW + 4, "maria.k")
    events = [event for (event,) in journal.rows("SELECT event FROM audit ORDER BY seq")]
    assert events == [
        "plan.drafted", "plan.drafted", "book.reviewed", "plan.confirmed", "plan.discarded", "plan.drafted",
        "book.reviewed", "plan.discarded",
    ]  # fmt: skip
    assert journal.verify_audit() is None


@pytest.mark.parametrize("last", ["plan.discarded", "plan.drafted", limit_review.REVIEWED])
def test_a_review_that_dies_on_the_way_leaves_the_drafts_that_were_there(
    home: Home, journal: Journal, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    plans, by = Plans(journal), review.rules(None)
    older = limit_review.draft(journal, RULES, found(home), by, NOW, "watcher")
    append = audit.append

    def dies(connection: sqlite3.Connection, at: int, actor: str, event: str, payload: dict[str, Any]) -> None:
        append(connection, at, actor, event, payload)
        if event == last:
            raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(audit, "append", dies)
        limit_review.draft(journal, RULES, found(home), by, NOW + 1, "watcher")
    assert plans.drafts() == plans.recent(9)[::-1] == older
    assert journal.verify_audit() is None


def test_an_item_sets_the_limit_made_for_its_account_and_may_raise_it(home: Home, journal: Journal) -> None:
    raises, cuts = limit_review.draft(journal, RULES, found(home), review.rules(None), NOW, "watcher")
    mirror = Reader(home.mirror)
    for plan, account_id in ((raises, "acc_000020"), (cuts, "acc_000021")):
        (item,) = Plans(journal).items(plan.number)
        detail = mirror.account(account_id)
        assert detail is not None and detail.doc is not None
        account: Account = decoder(Account).decode(detail.doc)
        wish = bulk.wish(plan.order, item.target, account)
        assert item.target.params is not None
        assert wish.params == {"limit": "credit", "value_minor": item.target.params["value_minor"], "currency": "CNY"}
        assert (wish.params["value_minor"] > 500_000) is (plan is raises)
    mirror.close()


def test_without_a_reason_of_the_core_nothing_is_drafted(home: Home, journal: Journal) -> None:
    bare = msgspec.structs.replace(CORE, reason_codes=[])
    with pytest.raises(NoReason):
        limit_review.draft(journal, bare, found(home), review.rules(None), NOW, "watcher")
    assert Plans(journal).recent(9) == []


def test_the_watcher_reviews_when_so_many_days_have_passed(home: Home, journal: Journal) -> None:
    every = 30 * DAY
    assert review_when_due(home, every, RULES, NOW) == [], "a journal without a beginning"
    journal.record("begun", {}, NOW)
    assert review_when_due(home, every, RULES, NOW + every - 1) == []
    assert len(review_when_due(home, every, RULES, Instant(NOW + every))) == 2
    assert review_when_due(home, every, RULES, NOW + every + DAY) == []
    assert len(review_when_due(home, every, RULES, NOW + 2 * every)) == 2
