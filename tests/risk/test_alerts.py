"""The life of an alert: one an account, gathering hits, closed by a verdict, opened again by the next hit."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.alerts import HITS_KEPT, AlertBook
from console.risk.columns import Fact, Judgement
from console.risk.engine import Engine
from console.risk.packs import load_packs

PACK = """
[levels]
low = 0.2
medium = 0.5
high = 0.7
critical = 0.9
alert = "medium"
[[rule]]
id = "BIG-1"
typology = "unusual"
state = "live"
weight = 0.6
on = ["spend"]
when = "amount > large"
action = "watch"
params = { large = 1000 }
text = { en = "Large", zh = "大额" }
runbook = { en = "Look", zh = "查看" }
[[rule]]
id = "BIG-2"
typology = "unusual"
state = "live"
weight = 0.5
on = ["spend"]
when = "amount > huge and distance_last_km < 10 or amount > huge"
action = "watch"
params = { huge = 5000 }
text = { en = "Huge", zh = "巨额" }
runbook = { en = "Look", zh = "查看" }
"""


@pytest.fixture(scope="module")
def pack():
    return load_packs([("test.toml", PACK)])


class Desk:
    def __init__(self, pack, tale) -> None:
        self.engine, self.book, self.tale, self.told = Engine(pack), AlertBook(pack), tale, 0

    def see(self):
        facts = self.tale.facts[self.told :]
        self.told += len(facts)
        return self.book.apply(facts, self.engine.page(facts))


def test_an_alert_opens_gathers_closes_and_resurfaces(pack, story):
    tale = story()
    desk = Desk(pack, tale)
    tale.spend(100).spend(2000)
    [alert] = desk.see()
    assert (alert.alert_id, alert.account, alert.state, alert.hits, alert.level) == ("alr_2", 0, "open", 1, 2)
    assert alert.rule_ids == ["BIG-1"]
    opened = alert.opened_at
    tale.wait(hours=1).spend(6000)
    [alert] = desk.see()
    assert (alert.alert_id, alert.hits, alert.level, alert.opened_at) == ("alr_2", 2, 3, opened)
    assert alert.score == pytest.approx(0.8)
    assert alert.updated_at == tale.now
    assert alert.rule_ids == ["BIG-1", "BIG-2"]
    tale.wait(hours=1).tell(Fact.VERDICT, Judgement.INCONCLUSIVE)
    assert desk.see() == []
    tale.tell(Fact.VERDICT, Judgement.LEGIT)
    [alert] = desk.see()
    assert (alert.state, alert.verdict, alert.hits) == ("closed", "legit", 2)
    tale.tell(Fact.VERDICT, Judgement.LEGIT)
    assert desk.see() == []
    tale.wait(hours=1).spend(3000)
    [alert] = desk.see()
    assert (alert.alert_id, alert.state, alert.resurfaced, alert.verdict, alert.hits) == (
        "alr_2",
        "open",
        1,
        "legit",
        3,
    )


def test_a_hit_keeps_what_the_rules_read_and_the_accounts_own_normal(pack, story):
    tale = story().spend(6000)
    [alert] = Desk(pack, tale).see()
    [hit] = alert.evidence
    assert hit.seq == 1
    assert hit.reasons == {
        "BIG-1": {"amount": 6000},
        "BIG-2": {"amount": 6000, "distance_last_km": "missing_input"},
    }
    assert hit.params == {"BIG-1": {"large": 1000}, "BIG-2": {"huge": 5000}}
    assert hit.normal["amount_z"] == "too_few"
    assert msgspec.json.decode(msgspec.json.encode(hit), type=dict)["score"] == pytest.approx(0.8)


def test_the_evidence_keeps_the_last_hits_only(pack, story):
    tale = story()
    for number in range(HITS_KEPT + 5):
        tale.spend(2000 + number).wait(minutes=1)
    [alert] = Desk(pack, tale).see()
    assert alert.hits == HITS_KEPT + 5
    assert [hit.seq for hit in alert.evidence] == list(range(6, HITS_KEPT + 6))


def test_what_apply_returned_does_not_change_later(pack, story):
    tale = story().spend(2000)
    desk = Desk(pack, tale)
    [first] = desk.see()
    tale.spend(9000)
    desk.see()
    assert (first.hits, len(first.evidence), first.rule_ids) == (1, 1, ["BIG-1"])


def test_events_without_an_account_open_nothing(pack, story):
    assert Desk(pack, story().spend(9000, account=-1)).see() == []


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_the_book_does_not_depend_on_pages_or_on_being_frozen(pack, random_stream, seed, cuts):
    facts = random_stream(seed, 200)
    engine, book = Engine(pack), AlertBook(pack)
    book.apply(facts, engine.page(facts))
    again, other = Engine(pack), AlertBook(pack)
    latest = {}
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 200], strict=True):
        other.thaw(other.freeze())
        rows = other.apply(facts[begin:end], again.page(facts[begin:end]))
        latest |= {row.account: row for row in rows}
    assert other.freeze() == book.freeze()
    assert msgspec.json.encode([latest[account] for account in sorted(latest)]) == book.freeze()["alerts"]
