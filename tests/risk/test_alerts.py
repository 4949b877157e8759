"""The life of an alert: one an account, gathering hits, closed by a verdict, opened again by the next hit."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.alerts import BLOCKED, HITS_KEPT, AlertBook
from console.risk.columns import HOUR, LABEL_KINDS, MINUTE, Fact, Judgement
from console.risk.engine import Engine
from console.risk.overrides import NEVER, Override, Overrides
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

    def see(self, *entries):
        facts = self.tale.facts[self.told :]
        self.told += len(facts)
        return self.book.apply(facts, self.engine.page(facts), Overrides(entries))


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
    [alert] = desk.see()
    assert (alert.state, alert.verdict) == ("open", "inconclusive")
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
    assert (alert.level, alert.score, alert.rule_ids) == (2, pytest.approx(0.6), ["BIG-1"])


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


START = 1_700_000_000_000_000
OPERATOR = LABEL_KINDS.index("operator") + 1


def test_another_desks_label_closes_the_alert_and_an_inconclusive_verdict_opens_it_again(pack, story):
    tale = story().spend(2000)
    desk = Desk(pack, tale)
    desk.see()
    tale.wait(hours=1).tell(Fact.LABEL, Judgement.FRAUD, status=LABEL_KINDS.index("chargeback") + 1)
    assert desk.see() == []
    tale.tell(Fact.LABEL, Judgement.FRAUD, status=OPERATOR)
    [alert] = desk.see()
    assert (alert.state, alert.verdict) == ("closed", "fraud")
    tale.tell(Fact.VERDICT, Judgement.FRAUD)  # the same decision, told a second time by the case
    assert desk.see() == []
    tale.tell(Fact.LABEL, Judgement.LEGIT, status=OPERATOR)
    [alert] = desk.see()
    assert (alert.state, alert.verdict) == ("closed", "legit")
    tale.tell(Fact.VERDICT, Judgement.INCONCLUSIVE)
    [alert] = desk.see()
    assert (alert.state, alert.verdict, alert.resurfaced) == ("open", "inconclusive", 0)


def test_the_last_hits_pace_and_the_spending_up_to_it_are_kept_for_the_queue(pack, story):
    tale = story()
    for _ in range(4):
        tale.spend(2000).wait(minutes=25)
    [alert] = Desk(pack, tale).see()
    assert (alert.pace, alert.recent_minor, alert.last_hit_at) == (3, 8000, tale.now - 25 * MINUTE)


# ---------------------------------------------------------------- what the desk listed


def test_a_blocked_device_raises_an_alert_at_the_entrys_level(pack, story):
    tale = story().spend(10, device=3).spend(10, device=4).login(device=3)
    [alert] = Desk(pack, tale).see(Override(7, "block", "device", frozenset({3}), 1, level=4))
    assert (alert.state, alert.level, alert.score, alert.hits) == ("open", 4, 0.9, 2)
    assert alert.rule_ids == [BLOCKED]
    assert [(hit.seq, hit.blocked) for hit in alert.evidence] == [(1, 7), (3, 7)]


def test_a_muted_hit_is_counted_and_opens_nothing(pack, story):
    tale = story().spend(2000, merchant=5).spend(6000, merchant=5)
    desk, allowed = Desk(pack, tale), Override(2, "allow", "merchant", frozenset({5}), 1)
    [alert] = desk.see(allowed)
    assert (alert.state, alert.level, alert.hits, alert.muted) == ("muted", 3, 2, 2)
    assert [hit.muted for hit in alert.evidence] == [2, 2]
    assert desk.book.floor(np.array([0])).tolist() == [0]
    tale.tell(Fact.VERDICT, Judgement.LEGIT)
    assert desk.see(allowed) == []
    tale.wait(hours=1).spend(2000, merchant=6)
    [alert] = desk.see(allowed)
    assert (alert.state, alert.level, alert.hits, alert.muted, alert.opened_at) == ("open", 2, 3, 2, tale.now)
    tale.tell(Fact.VERDICT, Judgement.LEGIT).wait(hours=1).spend(6000, merchant=5)
    [alert] = desk.see(allowed)
    assert (alert.state, alert.level, alert.resurfaced, alert.muted) == ("closed", 2, 0, 3)


def test_a_block_beats_an_allowance(pack, story):
    entries = (
        Override(1, "allow", "account", frozenset({0}), 1),
        Override(2, "block", "ip", frozenset({9}), 1, level=2),
        Override(3, "block", "device", frozenset({8}), 1, level=3),
    )
    [alert] = Desk(pack, story().spend(10, ip=9, device=8)).see(*entries)
    assert (alert.state, alert.level, alert.evidence[0].blocked) == ("open", 3, 3)


def test_a_snooze_takes_the_open_alert_out_of_the_queue_and_gathers_what_comes(pack, story):
    tale = story().spend(2000)
    desk = Desk(pack, tale)
    desk.see()
    snooze = Override(4, "snooze", "account", frozenset({0}), 2, expires=tale.now + 8 * HOUR)
    tale.wait(hours=1).spend(6000)
    [alert] = desk.see(snooze)
    assert (alert.state, alert.muted_until, alert.level, alert.hits, alert.muted) == ("open", snooze.expires, 2, 2, 1)
    tale.wait(hours=8).spend(3000)
    [alert] = desk.see(snooze)
    assert (alert.state, alert.muted_until, alert.hits, alert.muted) == ("open", 0, 3, 1)


def test_a_snooze_that_is_taken_back_ends_where_that_happened(pack, story):
    tale = story().spend(2000)
    desk = Desk(pack, tale)
    snooze = Override(4, "snooze", "account", frozenset({0}), 2, until_seq=4, expires=NEVER)
    tale.tell(Fact.ACCOUNT, 2)
    [alert] = desk.see(snooze)
    assert alert.muted_until == NEVER
    tale.tell(Fact.ACCOUNT, 2).tell(Fact.ACCOUNT, 2)
    [alert] = desk.see(snooze)
    assert alert.muted_until == 0


def test_a_token_stands_for_everybody_who_holds_it(pack, story):
    tale = story().tell(Fact.TOKEN, 1, customer=6, token=11).spend(10, customer=6).spend(10, account=1, customer=7)
    [alert] = Desk(pack, tale).see(Override(1, "block", "token", frozenset({11}), 1))
    assert (alert.account, alert.hits) == (0, 1)


ENTRIES = st.lists(
    st.builds(
        Override,
        number=st.integers(1, 50),
        list=st.sampled_from(["block", "allow", "snooze"]),
        kind=st.sampled_from(["account", "device", "ip", "merchant"]),
        subjects=st.integers(0, 6).map(lambda subject: frozenset({subject})),
        from_seq=st.integers(1, 180),
        until_seq=st.one_of(st.just(NEVER), st.integers(50, 220)),
        expires=st.one_of(st.just(NEVER), st.integers(0, 3 * 10**11).map(lambda after: START + after)),
        level=st.integers(1, 4),
    ),
    max_size=5,
    unique_by=lambda entry: entry.number,
)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 200), max_size=4), entries=ENTRIES)
def test_lists_act_at_their_places_whatever_the_pages(pack, random_stream, seed, cuts, entries):
    facts, overrides = random_stream(seed, 200), Overrides(entries)
    engine, book = Engine(pack), AlertBook(pack)
    book.apply(facts, engine.page(facts), overrides)
    again, other = Engine(pack), AlertBook(pack)
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 200], strict=True):
        page = facts[begin:end]
        other.apply(page, again.page(page), overrides)
    assert other.freeze() == book.freeze()
