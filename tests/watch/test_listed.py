"""Lists and the feed: an entry acts from the page after it was written, and at the same events in every rebuild."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.desk import lists
from console.watch.ingest import Ingest
from store.journal import Journal
from tests.watch.test_ingest import NOON, PACK, SECOND, Core, account, purchase, upsert

ALERTS = "SELECT account, state, level, hits, muted, muted_until, rule_ids, evidence FROM alert ORDER BY account"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def alerts(ingest: Ingest) -> list[tuple]:
    return list(ingest.mirror.database.execute(ALERTS))


def spree(begin: int, **data) -> list[dict]:
    return [purchase(f"txn.{number}", at=NOON + number * SECOND, **data) for number in range(begin, begin + 4)]


def story(core: Core, ingest: Ingest, desk: Journal) -> list:
    """Pages of a life in which the desk lists things; returns them, to be played again without the desk."""
    customer = upsert(
        "customer", "cus.1", registered_at="2020-01-01T00:00:00.000000Z", updated_at="2020-01-01T00:00:00.000000Z",
        tokens={"phone": "hmac+/=1"},
    )  # fmt: skip
    pages = []

    def page(*changes: dict) -> None:
        pages.append(core.page(*changes))
        ingest.page(pages[-1])

    page(customer, account(), account("acc.2", customer_id="cus.2"))
    lists.add(desk, "allow", "merchant", "mer.1", "our own shop", "maria.k")
    page(*spree(0))
    lists.add(desk, "block", "device", "dev.x", "a crew's", "maria.k", level="critical")
    page(*spree(10, account_id="acc.2", device_id="dev.x"))
    lists.remove(desk, 1, "not ours", "maria.k")
    page(*spree(20))
    lists.snooze(desk, "acc.1", NOON + 10**9, "asked the customer", "maria.k")
    page(*spree(30))
    lists.remove(desk, 3, "no answer", "maria.k")
    page(*spree(40))
    lists.add(desk, "block", "token", "hmac+/=1", "a mule's phone", "maria.k", level="medium")
    page(purchase("txn.90", at=NOON + 90 * SECOND))
    return pages


def test_entries_act_and_a_mirror_built_anew_is_the_same(tmp_path: Path, journal: Path) -> None:
    desk, ingest = Journal(journal), Ingest(tmp_path / "mirror.db", PACK, journal)
    pages = story(Core(), ingest, desk)
    first, second = alerts(ingest)
    assert first[1:6] == ("open", 3, 15, 6, 0)
    assert first[6] == '["TEST-1", "BLOCK"]'
    assert second[1:5] == ("open", 4, 4, 0)
    assert [entry.from_seq for entry in lists.entries(desk)] == [4, 8, 16, 24]

    again = Ingest(tmp_path / "again.db", PACK, journal)
    for page in pages:
        again.page(page)
    assert alerts(again) == alerts(ingest)
    again.abandon()
    assert alerts(Ingest(tmp_path / "again.db", PACK, journal)) == alerts(ingest)

    ingest.clear()
    for page in pages:
        ingest.page(page)
    assert alerts(ingest) == [first, second]


def test_a_restart_replays_with_the_lists(tmp_path: Path, journal: Path) -> None:
    desk, ingest = Journal(journal), Ingest(tmp_path / "mirror.db", PACK, journal)
    core = Core()
    lists.add(desk, "allow", "account", "acc.1", "staff card", "maria.k")
    ingest.page(core.page(account(), *spree(0)))
    ingest.abandon()
    restarted = Ingest(tmp_path / "mirror.db", PACK, journal)
    restarted.page(core.page(*spree(10)))
    assert [row[1:5] for row in alerts(restarted)] == [("muted", 3, 6, 6)]


def test_a_thing_the_core_never_named_waits(tmp_path: Path, journal: Path) -> None:
    desk, ingest = Journal(journal), Ingest(tmp_path / "mirror.db", PACK, journal)
    core = Core()
    lists.add(desk, "block", "ip", "203.0.113.9", "scanner", "maria.k")
    ingest.page(core.page(account(), purchase("txn.1")))
    assert alerts(ingest) == []
    ingest.page(core.page(purchase("txn.2", ip="203.0.113.9")))
    assert [row[1:4] for row in alerts(ingest)] == [("open", 3, 1)]


def test_an_alert_counts_as_opened_when_its_first_hit_counts(tmp_path: Path, journal: Path) -> None:
    desk, ingest = Journal(journal), Ingest(tmp_path / "mirror.db", PACK, journal)
    core = Core()
    lists.add(desk, "allow", "merchant", "mer.1", "our own shop", "maria.k")
    assert ingest.page(core.page(account(), *spree(0))).opened == []
    assert ingest.page(core.page(purchase("txn.9", at=NOON + 50 * SECOND, merchant={"id": "mer.2"}))).opened == [
        "alr_4"
    ]
    assert ingest.page(core.page(purchase("txn.10", at=NOON + 51 * SECOND, merchant={"id": "mer.2"}))).opened == []
