"""The engine's promise: the same facts give the same columns and the same state, however they come."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.columns import DAY, Fact, Judgement, blank
from console.risk.engine import Engine
from console.risk.packs import load_packs
from console.risk.registry import FEATURES

ROOT = Path(__file__).parents[2]


def run_in_pages(pack, facts, cuts, engine=None):
    """Score, risk, rules and every feature as bytes, and the engine afterwards."""
    engine = engine or Engine(pack)
    columns: dict[str, list[bytes]] = {}
    for page in np.split(facts, cuts):
        scored = engine.page(page)
        with np.errstate(all="ignore"):
            parts = {name: scored.features(name).astype(np.float64) for name in FEATURES}
        parts |= {"score": scored.score, "risk": scored.risk, "level": scored.level, "fired": scored.fired.T}
        for name, values in parts.items():
            columns.setdefault(name, []).append(values.tobytes())
    return {name: b"".join(parts) for name, parts in columns.items()}, engine


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 250), max_size=6), accounts=st.integers(1, 9))
def test_columns_and_state_do_not_depend_on_the_pages(base_pack, random_stream, seed, cuts, accounts):
    facts = random_stream(seed, 250, accounts)
    whole, engine = run_in_pages(base_pack, facts, [])
    cut, other = run_in_pages(base_pack, facts, sorted(cuts))
    assert cut == whole
    assert other.freeze() == engine.freeze()


@pytest.mark.parametrize(("size", "rows"), [(1, 120), (7, 350), (1000, 3500), (10_000, 12_000)])
def test_page_sizes(base_pack, random_stream, size, rows):
    facts = random_stream(3, rows, 12 + rows // 100, 5_000_000)
    whole, engine = run_in_pages(base_pack, facts, [])
    cut, other = run_in_pages(base_pack, facts, range(size, len(facts), size))
    assert [name for name in whole if cut[name] != whole[name]] == []
    assert other.freeze() == engine.freeze()


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), at=st.integers(0, 300))
def test_frozen_and_thawed_mid_stream_it_goes_on_as_if_undisturbed(base_pack, random_stream, seed, at):
    facts = random_stream(seed, 300)
    undisturbed, engine = run_in_pages(base_pack, facts, [at])
    before, first = run_in_pages(base_pack, facts[:at], [])
    second = Engine(base_pack)
    second.thaw(first.freeze())
    after, _ = run_in_pages(base_pack, facts[at:], [], second)
    assert {name: before[name] + after[name] for name in after} == undisturbed
    assert second.freeze() == engine.freeze()


def test_state_is_the_same_bytes_in_another_process(base_pack, random_stream):
    script = (
        "import sys, hashlib, numpy as np\n"
        "from pathlib import Path\n"
        "from console.risk.engine import Engine\n"
        "from console.risk.packs import load_packs\n"
        "from console.risk.columns import FACTS\n"
        "pack = load_packs((path.name, path.read_text('utf-8')) for path in Path('fixtures/packs').glob('*.toml'))\n"
        "engine = Engine(pack)\n"
        "engine.page(np.frombuffer(sys.stdin.buffer.read(), FACTS))\n"
        "print(hashlib.sha256(repr(sorted(engine.freeze().items())).encode()).hexdigest())\n"
    )
    facts = random_stream(11, 500)
    engine = Engine(base_pack)
    engine.page(facts)
    here = hashlib.sha256(repr(sorted(engine.freeze().items())).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=facts.tobytes(),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.stdout.decode().strip() == here


def test_only_fresh_transactions_and_logins_are_scored(base_pack, random_stream):
    facts = random_stream(5, 400)
    scored = Engine(base_pack).page(facts)
    expected = facts["fresh"] & np.isin(facts["fact"], (Fact.TRANSACTION, Fact.LOGIN))
    assert np.array_equal(~np.isnan(scored.score), expected)
    assert ((scored.score[expected] >= 0) & (scored.score[expected] <= 1)).all()
    assert (scored.level[~expected] == 0).all()
    assert scored.fired.shape == (len(base_pack.active), expected.sum())
    assert scored.reasons(np.flatnonzero(~expected).tolist()) == [[]] * (~expected).sum()


def test_an_event_is_judged_by_what_came_before_it_only(base_pack, random_stream):
    facts = random_stream(8, 300)
    whole, _ = run_in_pages(base_pack, facts, [])
    first, _ = run_in_pages(base_pack, facts[:150], [])
    assert all(whole[name].startswith(first[name]) for name in whole)


def test_the_risk_that_is_asked_for_is_the_one_after_the_last_event(base_pack, random_stream):
    facts = random_stream(9, 400)
    engine = Engine(base_pack)
    scored = engine.page(facts)
    last = {int(account): risk for account, risk in zip(facts["account"], scored.risk, strict=True) if risk == risk}
    accounts = np.array([*last, 10_000])
    assert engine.risk(accounts).tolist() == [*last.values(), 0.0]
    assert len(last) > 3


def test_risk_fades_by_half_a_day_of_event_time_and_a_legit_verdict_clears_it(base_pack, story):
    tale = story().normal_life(days=20).wait(hours=1)
    tale.spend(900_000, merchant=50).wait(days=1).login().tell(Fact.VERDICT, Judgement.LEGIT)
    scored = Engine(base_pack).page(tale.facts)
    score, after_a_day, cleared = scored.score[-3], scored.risk[-2], scored.risk[-1]
    assert score > 0.2
    assert scored.risk[-3] == score
    assert after_a_day == pytest.approx(max(scored.score[-2], score / 2))
    assert cleared == 0
    assert np.isnan(scored.score[-1])


def test_a_late_event_enters_the_windows_it_belongs_to(base_pack, story):
    tale = story().spend(1000).wait(hours=3)
    late = tale.now - 2 * DAY // 24
    tale.spend(2000, occurred_at=late).wait(minutes=1).spend(3000).spend(4000, occurred_at=late + 60_000_000)
    scored = Engine(base_pack).page(tale.facts)
    assert scored.features("spend_count_1h").tolist() == [0, 0, 0, 1]
    assert scored.features("spend_sum_24h").tolist() == [0, 1000, 3000, 3000]
    assert scored.evidence([2])[0]["since_last_spend"].value == 7260


def test_a_missing_value_says_why(base_pack, story):
    tale = story().spend(5000, lat=31.0, lon=121.0).wait(hours=1).login()
    evidence = Engine(base_pack).page(tale.facts).evidence([0])[0]
    assert evidence["amount_z"] == (None, "too_few")
    assert evidence["is_new_merchant"] == (None, "no_history")
    assert evidence["speed_kmh"] == (None, "no_history")
    assert evidence["is_new_device"] == (None, "missing_input")
    assert evidence["amount"] == (5000, None)
    assert Engine(base_pack).page(tale.facts).evidence([1])[0]["amount"] == (None, "missing_input")


def test_rows_that_were_not_scored_have_no_evidence(base_pack, story):
    scored = Engine(base_pack).page(story().limits(1e6, 1e6).facts)
    with pytest.raises(IndexError):
        scored.evidence([0])


def test_a_page_must_be_facts_and_may_be_empty(base_pack):
    with pytest.raises(TypeError):
        Engine(base_pack).page(np.zeros(3))
    assert len(Engine(base_pack).page(blank(0)).score) == 0


def test_one_entity_in_every_row_is_slow_but_right(base_pack, random_stream):
    facts = random_stream(21, 120, accounts=1, pace=1_000_000)
    for name in ("account", "merchant", "device", "ip"):
        facts[name] = 0
    whole, _ = run_in_pages(base_pack, facts, [])
    single, _ = run_in_pages(base_pack, facts, range(1, 120))
    assert single == whole


def test_a_state_that_is_none_is_refused(base_pack, random_stream):
    engine = Engine(base_pack)
    engine.page(random_stream(2, 50))
    with pytest.raises(KeyError):
        Engine(base_pack).thaw({})
    with pytest.raises(ValueError, match="buffer size"):
        Engine(base_pack).thaw({name: data[:-1] for name, data in engine.freeze().items()})


def test_without_an_account_there_is_a_score_but_no_risk(base_pack, story):
    scored = Engine(base_pack).page(story().login(account=-1, device=3, ip=3).facts)
    assert scored.score.tolist() == [0]
    assert np.isnan(scored.risk).tolist() == [True]


EXPIRING = """
[levels]
low = 0.2
medium = 0.5
high = 0.7
critical = 0.9
alert = "medium"
[[rule]]
id = "UN-9"
typology = "unusual"
state = "live"
weight = 0.5
on = ["spend"]
when = "amount > 0"
action = "watch"
expires = 2023-11-15
text = { en = "Spent", zh = "消费" }
runbook = { en = "Look", zh = "查看" }
"""


def test_an_expired_rule_fires_no_more_by_the_time_at_which_the_core_recorded(story):
    midnight = 1_700_006_400_000_000
    tale = story()
    for recorded in (midnight - 1, midnight, midnight + 1):
        tale.spend(5, recorded_at=recorded)
    assert Engine(load_packs([("one.toml", EXPIRING)])).page(tale.facts).fired.tolist() == [[True, False, False]]


def test_a_network_is_known_since_it_was_first_used_successfully(base_pack, story):
    tale = story().login(2, ip=1, subnet=5).login(1, ip=1, subnet=5).wait(minutes=10).spend(10, ip=2, subnet=5)
    tale.spend(10, ip=3, subnet=6).wait(minutes=1).login(1, ip=3, subnet=6).spend(10)
    scored = Engine(base_pack).page(tale.facts)
    read = [reading["subnet_age"] for reading in scored.evidence(range(6), ("subnet_age",))]
    assert read == [
        (None, "no_history"),
        (None, "no_history"),
        (600.0, None),
        (None, "no_history"),
        (60.0, None),
        (None, "missing_input"),
    ]
