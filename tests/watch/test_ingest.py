"""From changes to rows, facts and scores: the version rule, who is who, what labels and verdicts tell the engine."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from console.core.instants import wire
from console.risk.columns import FACTS
from console.risk.columns import Fact as RiskFact
from console.risk.packs import load_packs
from console.watch.health import Health
from console.watch.ingest import Ingest
from store.compare import differences
from store.reader import Reader
from store.upkeep import drop_events, unreadable
from tests.watch.told import NOON, SECOND, Core, account, case, delete, label, purchase, upsert

PACK = load_packs(
    [
        (
            "test.toml",
            """
            [levels]
            low = 0.2
            medium = 0.5
            high = 0.7
            critical = 0.9
            alert = "medium"
            [[rule]]
            id = "TEST-1"
            typology = "unusual"
            state = "live"
            weight = 0.8
            on = ["spend"]
            when = "spend_count_24h >= many"
            action = "watch"
            params = {many = 2}
            text = {en = "The third purchase in a day", zh = "一天内第三笔消费"}
            runbook = {en = "Call.", zh = "致电。"}
            """,
        )
    ]
)


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture
def ingest(tmp_path: Path) -> Ingest:
    return Ingest(tmp_path / "mirror.db", PACK)


def ask(ingest: Ingest, query: str) -> list[tuple[Any, ...]]:
    return list(ingest.mirror.database.execute(query))


def frauds(ingest: Ingest, core: Core) -> object:
    """What the engine knows of frauds at the merchant, asked by the next purchase."""
    seen: list[Any] = []
    engine_page = ingest.line.scorer.engine.page

    def look(facts: Any) -> Any:
        seen.append(engine_page(facts))
        return seen[-1]

    ingest.line.scorer.engine.page = look  # type: ignore[method-assign]
    ingest.page(core.page(purchase(f"txn.ask{core.seq}", account_id="acc.ask", at=NOON + 10 * SECOND)))
    ingest.line.scorer.engine.page = engine_page  # type: ignore[method-assign]
    return seen[-1].evidence([0], ("known_frauds_merchant_30d",))[0]["known_frauds_merchant_30d"].value


def test_a_change_counts_once_and_only_forward(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), purchase("txn.1"), purchase("txn.1", 3, status="posted")))
    ingest.page(core.page(purchase("txn.1", 2, status="declined"), purchase("txn.1", 1)))
    assert ask(ingest, "SELECT transaction_id, version, status FROM txn") == [("txn.1", 3, "posted")]


def test_a_score_stands_as_given_at_arrival(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(account(), purchase("txn.1")))
    score = ask(ingest, "SELECT score, rule_ids FROM txn")
    ingest.page(core.page(purchase("txn.1", 2, amount_minor=9_000_000, status="posted")))
    assert ask(ingest, "SELECT score, rule_ids FROM txn") == score
    assert ask(ingest, "SELECT amount_minor FROM txn") == [(9_000_000,)]


def test_a_delete_keeps_its_version_as_a_tombstone(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), delete("transaction", "txn.1", 4), delete("transaction", "txn.2", 5)))
    ingest.page(core.page(purchase("txn.1", 3), purchase("txn.2", 2)))
    assert ask(ingest, "SELECT count(*) FROM v_transaction") == [(0,)]
    ingest.page(core.page(delete("link", "lnk.1", 2), upsert("link", "lnk.1", 1, **LINK)))
    assert ask(ingest, "SELECT version, deleted FROM resource WHERE type = 'link'") == [(2, 1)]


LINK = {
    "from": {"type": "customer", "id": "a"},
    "to": {"type": "customer", "id": "b"},
    "kind": "payee",
    "first_seen_at": wire(NOON),
    "last_seen_at": wire(NOON),
}


def test_an_accounts_history_is_a_chain(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), purchase("txn.2", account_id="acc.2"), purchase("txn.3")))
    ingest.page(core.page(purchase("txn.4")))
    assert ask(ingest, "SELECT seq, previous FROM txn ORDER BY seq") == [(1, 0), (2, 0), (3, 1), (4, 3)]
    assert ask(ingest, "SELECT last_transaction FROM account_risk ORDER BY account") == [(4,), (2,)]


def test_an_event_before_its_account_waits_for_it(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1")))
    assert ask(ingest, "SELECT account_id, status, version FROM v_account") == [("acc.1", None, 0)]
    ingest.page(core.page(account()))
    assert ask(ingest, "SELECT account_id, status, version FROM v_account") == [("acc.1", "active", 1)]


def test_a_login_without_an_account_belongs_to_its_customers_oldest(ingest: Ingest, core: Core) -> None:
    facts = {"customer_id": "cus.1", "outcome": "success", "occurred_at": wire(NOON), "recorded_at": wire(NOON)}
    ingest.page(core.page(upsert("login", "lgn.1", **facts), account("acc.7"), account("acc.8")))
    ingest.page(core.page(upsert("login", "lgn.2", **facts)))
    assert ask(ingest, "SELECT login_id, account_id FROM v_login ORDER BY 1") == [("lgn.1", None), ("lgn.2", "acc.7")]


def test_a_label_counts_while_it_stands(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), label("lab.1", "txn.1")))
    assert frauds(ingest, core) == 1
    ingest.page(core.page(label("lab.1", "txn.1", 2)))
    assert frauds(ingest, core) == 1
    ingest.page(core.page(label("lab.1", "txn.1", 3, verdict="legit")))
    assert frauds(ingest, core) == 0
    ingest.page(core.page(label("lab.1", "txn.1", 4), delete("label", "lab.1", 5)))
    assert frauds(ingest, core) == 0


def test_a_verdict_closes_the_alert_once(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(account(), *[purchase(f"txn.{n}", at=NOON + n * SECOND) for n in range(3)]))
    assert ask(ingest, "SELECT state, rule_ids FROM v_alert") == [("open", '["TEST-1"]')]
    assert ask(ingest, "SELECT open_alerts, risk_level FROM v_account") == [(1, "high")]
    closed = {"status": "closed", "verdict": "legit", "verdict_by": "maria.k", "verdict_at": wire(NOON)}
    ingest.page(core.page(case(1, **closed)))
    assert ask(ingest, "SELECT state, verdict FROM v_alert") == [("closed", "legit")]
    assert ask(ingest, "SELECT open_alerts, risk_score FROM v_account") == [(0, 0.0)]
    ingest.page(core.page(purchase("txn.3", at=NOON + 9 * SECOND)))
    assert ask(ingest, "SELECT state FROM v_alert") == [("open",)]
    ingest.page(core.page(case(2, **closed | {"note_count": 1})))
    assert ask(ingest, "SELECT state FROM v_alert") == [("open",)]


def test_an_open_alert_holds_the_risk_until_somebody_decides(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(account(), *[purchase(f"txn.{n}", at=NOON + n * SECOND) for n in range(3)]))
    held = ask(ingest, "SELECT risk_score, risk_level FROM v_account")
    ingest.page(core.page(purchase("txn.late", at=NOON + 40 * 86_400 * SECOND)))
    assert ask(ingest, "SELECT risk_score, risk_level FROM v_account") == held
    closed = {"status": "closed", "verdict": "fraud", "verdict_by": "maria.k", "verdict_at": wire(NOON)}
    ingest.page(core.page(case(1, **closed)))
    ((faded, level),) = ask(ingest, "SELECT risk_score, risk_level FROM v_account")
    assert faded < held[0][0]
    assert level == "none"


def test_a_claim_shows_until_it_expires(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(*[purchase(f"txn.{n}", at=NOON + n * SECOND) for n in range(3)]))
    for version, until, shown in ((1, "2999-01-01", "maria.k"), (2, "2001-01-01", None)):
        claim = {"claimed_by": "maria.k", "claim_expires_at": f"{until}T00:00:00.000000Z"}
        ingest.page(core.page(case(version, status="claimed", **claim)))
        assert ask(ingest, "SELECT claimed_by FROM v_alert") == [(shown,)]


def test_a_spoiled_change_is_set_aside_and_counted(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1", amount_minor="much"), purchase("txn.2")))
    assert ask(ingest, "SELECT seq, type, id FROM quarantine") == [(1, "transaction", "txn.1")]
    assert ask(ingest, "SELECT transaction_id FROM txn") == [("txn.2",)]
    assert ingest.position is not None
    assert ingest.position.seq == 2


def test_an_event_deleted_before_it_was_seen_comes_with_a_higher_version_only(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(delete("transaction", "txn.1", 4)))
    ingest.page(core.page(purchase("txn.1", 3)))
    assert ask(ingest, "SELECT count(*) FROM txn") == [(0,)]
    ingest.page(core.page(purchase("txn.1", 5)))
    assert ask(ingest, "SELECT transaction_id, version FROM v_transaction JOIN txn USING (transaction_id)") == [
        ("txn.1", 5)
    ]
    again = Ingest(ingest.path, PACK)
    again.page(core.page(purchase("txn.1", 6, status="posted")))
    assert ask(again, "SELECT version, status FROM txn") == [(6, "posted")]


def test_a_change_of_an_event_that_was_dropped_by_age_counts_no_second_time(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), purchase("txn.2", at=NOON + 10 * SECOND)))
    assert drop_events(ingest.mirror, NOON + SECOND) == 1
    again = Ingest(ingest.path, PACK)
    again.page(core.page(purchase("txn.1", 2, status="posted"), purchase("txn.2", 2, at=NOON + 10 * SECOND)))
    assert ask(again, "SELECT transaction_id, version FROM txn") == [("txn.2", 2)]
    assert unreadable(ingest.path, "transaction") == {"txn.1"}


def test_accounts_of_a_cleared_mirror_are_another_generation(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(account("acc.1"), account("acc.2")))
    ingest.clear()
    ingest.page(Core().page(account("acc.2")))
    assert ask(ingest, "SELECT account, account_id FROM account") == [(0, "acc.2")]
    assert ask(ingest, "SELECT value FROM note WHERE key = 'generation'") == [("1",)]


def test_an_error_inside_a_page_marks_the_memory_as_torn(ingest: Ingest, core: Core) -> None:
    ingest.mirror.database.execute("CREATE TRIGGER full BEFORE INSERT ON txn BEGIN SELECT raise(ABORT, 'full'); END")
    with pytest.raises(sqlite3.IntegrityError):
        ingest.page(core.page(purchase("txn.1")))
    assert ingest.torn
    ingest.abandon()
    again = Ingest(ingest.path, PACK)
    assert (again.torn, again.position) == (False, None)


def test_an_error_while_alerts_are_told_takes_the_page_with_it(
    ingest: Ingest, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ArithmeticError

    monkeypatch.setattr(ingest.line.scorer.book, "apply", fail)
    with pytest.raises(ArithmeticError):
        ingest.page(core.page(purchase("txn.1")))
    assert ingest.torn
    ingest.abandon()
    assert Ingest(ingest.path, PACK).position is None


def test_a_restart_replays_to_the_same_state(tmp_path: Path, ingest: Ingest, core: Core) -> None:
    other, again = Core(), Ingest(tmp_path / "other.db", PACK)
    for round_ in range(4):
        changes = [purchase(f"txn.{round_}.{n}", at=NOON + (100 * round_ + n) * SECOND) for n in range(15)]
        ingest.page(core.page(account(version=round_ + 1), *changes))
        again.page(other.page(account(version=round_ + 1), *changes))
        again.close()
        again = Ingest(tmp_path / "other.db", PACK)
    for one in (ingest, again):
        one.checkpoint()
        one.close()
    assert differences(tmp_path / "mirror.db", tmp_path / "other.db") == []


def test_a_label_names_the_transaction_it_judges(ingest: Ingest, core: Core) -> None:
    ingest.page(core.page(purchase("txn.1"), purchase("txn.2")))
    ingest.page(core.page(label("lab.1", "txn.2"), purchase("txn.3"), label("lab.2", "txn.3"), label("lab.3", "txn.9")))
    log = [np.frombuffer(body, FACTS) for (body,) in ask(ingest, "SELECT facts FROM engine_page ORDER BY to_seq")]
    facts = np.concatenate(log)
    assert facts["judged"][facts["fact"] == RiskFact.LABEL].tolist() == [2, 4, 0]
    assert not facts["judged"][facts["fact"] != RiskFact.LABEL].any()


def test_what_the_core_says_and_when_it_was_asked_are_read_together(tmp_path: Path) -> None:
    path, asked = tmp_path / "mirror.db", Health("meta")
    ingest = Ingest(path, PACK)
    for at in (NOON, NOON + 30 * SECOND):
        asked.ok(at)
        ingest.know(json.dumps({"server_time": wire(at)}), asked)
        reader = Reader(path)
        assert wire(at) in reader.notes()["meta"]
        assert [feed.last_ok_at for feed in reader.feeds() if feed.poller == "meta"] == [at]
        reader.close()
    ingest.close()
