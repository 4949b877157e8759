"""The backtest: what a draft would have said, in the engine's own numbers, held against what became known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.backtest import Backtest
from console.risk.columns import DAY, FACTS, Fact, Judgement
from console.risk.engine import Engine
from console.risk.intervals import wilson
from console.risk.packs import load_packs
from console.risk.verdicts import Known, figures

LEVELS = '[levels]\nlow = 0.2\nmedium = 0.4\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n'
RULE = """
[[rule]]
id = "{id}"
typology = "unusual"
state = "{state}"
weight = {weight}
on = ["spend"]
when = "{when}"
action = "watch"
[rule.text]
en = "A rule"
zh = "规则"
[rule.runbook]
en = "Look"
zh = "查看"
"""


def pack(*rules):
    """A pack of (id, condition, weight, state)."""
    texts = [RULE.format(id=id_, when=when, weight=weight, state=state) for id_, when, weight, state in rules]
    return load_packs([("draft.toml", LEVELS + "".join(texts))])


def large(above, weight=0.6, state="live"):
    return pack(("UN-1", f"amount >= {above}", weight, state))


class Guess:
    """A model that believes half of everything, and a rule as much as it is told."""

    version, features = "guess", ["amount"]

    def __init__(self, trusts):
        self.trusts = trusts

    def probability(self, matrix):
        return np.where(matrix[:, 0] > 5_000, 0.5, 0.1)


def backtested(live, draft, facts, since=0, maturity=None, cuts=()):
    run = Backtest(live, draft, since)
    for page in np.split(facts, list(cuts)):
        run.page(page)
    return figures(run.trail(), maturity)


def label(story, code, judged, **fields):
    return story.tell(Fact.LABEL, code, opened_at=judged, **fields)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 250), max_size=4))
def test_a_pack_against_itself_finds_nothing_new_and_scores_as_the_engine_does(base_pack, random_stream, seed, cuts):
    facts = random_stream(seed, 250)
    run = Backtest(base_pack, base_pack, 0)
    for page in np.split(facts, sorted(cuts)):
        run.page(page)
    trail = run.trail()
    scored = Engine(base_pack).page(facts)
    rows = trail.hits["seq"] - 1
    assert np.array_equal(trail.hits["live_score"], scored.score[rows])
    assert np.array_equal(trail.hits["draft_score"], scored.score[rows])
    assert np.array_equal(trail.live_fired, scored.fired[: len(base_pack.live), scored.place[rows]].T)
    alerted = np.flatnonzero((scored.level >= base_pack.alert_level) & (facts["account"] >= 0))
    assert np.array_equal(rows[trail.hits["live_alerts"]], alerted)
    found = figures(trail, DAY)
    assert not (found.only("live") | found.only("draft")).any()
    assert found.sides["live"] == found.sides["draft"]


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    takeovers=st.lists(st.integers(0, 70), max_size=3).map(sorted),
    cuts=st.lists(st.integers(0, 60), max_size=3).map(sorted),
)
def test_models_count_from_the_seq_they_counted_from(base_pack, random_stream, seed, takeovers, cuts):
    facts = random_stream(seed, 60)
    trusts = {rule.id: 0.1 for rule in base_pack.live}
    models = [(seq, None if place == 1 else Guess(trusts)) for place, seq in enumerate(takeovers)]
    run = Backtest(base_pack, base_pack, 0, models, ("amount",))
    for page in np.split(facts, cuts):
        run.page(page)
    trail = run.trail()

    engine = Engine(base_pack, ("amount",))
    scores = []
    for row in range(60):
        engine.model = next((model for seq, model in reversed(models) if seq <= row + 1), None)
        scores.append(engine.page(facts[row : row + 1]).score[0])
    expected = np.array(scores)[trail.hits["seq"] - 1]
    assert np.array_equal(trail.hits["live_score"], expected)
    assert np.array_equal(trail.hits["draft_score"], expected)


def test_a_rule_keeps_what_it_has_earned_only_while_it_means_the_same(story):
    told = story().spend(9_000).facts
    model = Guess({"UN-1": 0.2})
    model.probability = lambda matrix: np.zeros(len(matrix))

    def score(draft):
        run = Backtest(large(5_000), draft, 0, [(0, model)], ("amount",))
        run.page(told)
        return run.trail().hits["draft_score"].tolist()

    assert score(large(5_000)) == pytest.approx([0.2])
    assert score(large(5_000, weight=0.9)) == pytest.approx([0.2])
    assert score(large(4_000)) == pytest.approx([0.6])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_figures_do_not_depend_on_the_pages(random_stream, seed, cuts):
    facts = random_stream(seed, 300)
    whole = backtested(large(10_000), large(5_000), facts, maturity=DAY)
    cut = backtested(large(10_000), large(5_000), facts, maturity=DAY, cuts=sorted(cuts))
    assert whole.alerts.tobytes() == cut.alerts.tobytes()
    assert whole.sides == cut.sides
    assert whole.rules == cut.rules


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), low=st.integers(0, 20_000), high=st.integers(0, 20_000))
def test_a_wider_rule_loses_no_alert_and_every_alert_is_new_lost_or_both(random_stream, seed, low, high):
    facts = random_stream(seed, 300)
    narrow, wide = large(max(low, high)), large(min(low, high))
    found = backtested(narrow, wide, facts)
    assert not found.only("live").any()
    assert found.sides["draft"].alerts == found.sides["live"].alerts + found.only("draft").sum()
    back = backtested(wide, narrow, facts)
    assert back.only("live").sum() == found.only("draft").sum()


def test_hits_within_a_day_are_one_alert_and_after_a_quiet_day_another(story):
    told = story().spend(9_000).wait(hours=20).spend(9_000).wait(hours=20).spend(9_000).wait(hours=25).spend(9_000)
    found = backtested(large(5_000), large(5_000), told.facts)
    assert found.alerts["live_hits"].tolist() == [3, 1]
    assert found.sides["live"].alerts == 2


def test_new_and_lost_alerts_name_their_accounts(story):
    told = story().spend(9_000, account=1).spend(3_000, account=2).spend(9_000, account=3, merchant=7)
    live = pack(("UN-1", "amount >= 8000", 0.6, "live"))
    draft = pack(("UN-1", "amount < 8000", 0.6, "live"))
    found = backtested(live, draft, told.facts)
    assert found.alerts["account"][found.only("draft")].tolist() == [2]
    assert found.alerts["account"][found.only("live")].tolist() == [1, 3]
    assert found.fired["draft"].tolist() == [[False], [True], [False]]


def test_what_lies_before_the_stretch_only_warms_the_memory(story):
    told = story().spend(9_000, account=1).wait(days=5)
    since = told.now
    told.spend(9_000, account=2)
    found = backtested(large(5_000), large(5_000), told.facts, since)
    assert found.alerts["account"].tolist() == [2]
    counting = pack(("UN-1", "spend_count_30d >= 1", 0.6, "live"))
    told.spend(100, account=1)
    warm = backtested(counting, counting, told.facts, since)
    assert warm.alerts["account"].tolist() == [1]


def test_precision_counts_labels_and_what_stayed_unlabelled_too_long(story):
    told = story()
    bought = told.now
    for account in range(4):
        told.spend(9_000, account=account)
    told.wait(days=2)
    label(told, Judgement.FRAUD, bought, account=0, amount=9_000)
    label(told, Judgement.LEGIT, bought, account=1, amount=9_000)
    told.tell(Fact.VERDICT, Judgement.FRAUD, account=2)
    told.wait(days=1).spend(1)
    known = {0: Known.FRAUD, 1: Known.LEGIT, 2: Known.FRAUD}
    young = backtested(large(5_000), large(5_000), told.facts, maturity=30 * DAY)
    assert young.alerts["known"].tolist() == [known.get(account, Known.UNKNOWN) for account in range(4)]
    assert young.sides["draft"].precision == wilson(2, 3)
    old = backtested(large(5_000), large(5_000), told.facts, maturity=DAY)
    assert old.alerts["known"].tolist() == [known.get(account, Known.UNLABELLED) for account in range(4)]
    assert old.sides["draft"].precision == wilson(2, 4)


def test_a_withdrawn_label_is_no_label_and_the_last_word_counts(story):
    told = story().spend(9_000, account=0).spend(9_000, account=1)
    bought = told.now
    for code in (Judgement.FRAUD, Judgement.WITHDRAWN):
        label(told, code, bought, account=0, amount=9_000)
    for code in (Judgement.FRAUD, Judgement.LEGIT):
        label(told, code, bought, account=1, amount=9_000)
    found = backtested(large(5_000), large(5_000), told.facts)
    assert found.alerts["known"].tolist() == [Known.UNKNOWN, Known.LEGIT]
    assert len(found.losses) == 0


def test_money_is_reached_only_after_the_first_hit_of_the_side(story):
    told = story()
    instants = []
    for amount in (3_000, 9_000, 6_000):
        instants.append((told.now, amount))
        told.spend(amount, account=5).wait(hours=1)
    for judged, amount in instants:
        label(told, Judgement.FRAUD, judged, account=5, amount=amount)
    found = backtested(large(8_000), large(2_000), told.facts)
    (alert,) = found.alerts
    assert alert["fraud_minor"] == 18_000
    assert alert["live_reached_minor"] == 6_000
    assert alert["draft_reached_minor"] == 15_000
    assert found.losses["amount"].sum() == 18_000


def test_declined_money_is_no_loss(story):
    told = story()
    bought = told.now
    told.tell(Fact.TRANSACTION, 1, status=3, amount=9_000, account=0)
    label(told, Judgement.FRAUD, bought, account=0, amount=9_000)
    found = backtested(large(5_000), large(5_000), told.facts)
    assert found.alerts["known"].tolist() == [Known.FRAUD]
    assert found.losses["amount"].sum() == 0


def test_a_verdict_is_about_the_last_alert_before_it(story):
    told = story().spend(9_000).wait(days=3).spend(9_000).wait(days=2).tell(Fact.VERDICT, Judgement.LEGIT)
    told.wait(days=60).spend(9_000).wait(days=40).tell(Fact.VERDICT, Judgement.FRAUD)
    found = backtested(large(5_000), large(5_000), told.facts)
    assert found.alerts["known"].tolist() == [Known.UNKNOWN, Known.LEGIT, Known.UNKNOWN]


def test_every_rule_of_the_draft_is_judged_by_its_own_hits(story):
    told = story()
    bought = told.now
    told.spend(9_000, account=0).spend(4_000, account=1).wait(days=3)
    label(told, Judgement.FRAUD, bought, account=0, amount=9_000)
    live = pack(("UN-1", "amount >= 8000", 0.6, "live"))
    draft = pack(
        ("UN-1", "amount >= 3000", 0.6, "live"),
        ("UN-2", "amount >= 3000", 0.1, "shadow"),
        ("UN-3", "amount >= 3000", 0.1, "off"),
    )
    first, second = backtested(live, draft, told.facts, maturity=DAY).rules
    assert (first.rule_id, first.hits, first.live_hits, first.precision) == ("UN-1", 2, 1, wilson(1, 2))
    assert (second.rule_id, second.state, second.hits, second.live_hits) == ("UN-2", "shadow", 2, None)
    assert second.accounts == {0: 1, 1: 1}


def test_a_rule_that_is_put_into_shadow_is_watched_and_one_that_was_there_is_not(story):
    told = story().spend(9_000).facts
    live = pack(("UN-1", "amount >= 5000", 0.6, "live"), ("UN-2", "amount >= 5000", 0.6, "shadow"))
    draft = pack(("UN-1", "amount >= 5000", 0.6, "shadow"), ("UN-2", "amount >= 5000", 0.6, "shadow"))
    found = backtested(live, draft, told)
    assert [(rule.rule_id, rule.hits) for rule in found.rules] == [("UN-1", 1)]
    assert found.only("live").tolist() == [True]


def test_nothing_replayed_is_nothing_found():
    found = backtested(large(1), large(1), np.zeros(0, FACTS))
    assert found.sides["live"].alerts == 0
    assert found.sides["live"].precision is None


def test_only_facts_are_taken():
    with pytest.raises(TypeError):
        Backtest(large(1), large(1), 0).page(np.zeros(3))


@given(of=st.integers(1, 10_000), share=st.floats(0, 1))
def test_the_interval_holds_the_share_and_narrows_with_more(of, share):
    hits = round(of * share)
    one, ten = wilson(hits, of), wilson(hits * 10, of * 10)
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert ten.high - ten.low < one.high - one.low


def test_nothing_of_nothing_is_no_share():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)
