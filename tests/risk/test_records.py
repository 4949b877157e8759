"""Rules' records: hits counted, judged and compared, against a plain reading of the same events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.alerts import MINUTES_PER_ALERT
from console.risk.columns import DAY, HOUR, Judgement
from console.risk.engine import Engine
from console.risk.packs import load_packs
from console.risk.records import hit_type, hits_of, judgements, records, together

START = 1_700_000_000_000_000
RULES = (
    ("BIG-1", "live", 0.6, "amount >= 1000"),
    ("BIG-2", "live", 0.2, "amount >= 5000"),
    ("BIG-10", "shadow", 0.9, "amount >= 200"),
)
PACK = """
[levels]
low = 0.2
medium = 0.5
high = 0.7
critical = 0.9
alert = "medium"
""" + "".join(
    f"""
[[rule]]
id = "{name}"
typology = "unusual"
state = "{state}"
weight = {weight}
on = ["spend"]
when = "{when}"
action = "watch"
text = {{ en = "Large", zh = "大额" }}
runbook = {{ en = "Look", zh = "查看" }}
"""
    for name, state, weight, when in RULES
)


@pytest.fixture(scope="module")
def pack():
    return load_packs([("test.toml", PACK)])


def named(pack):
    return [(rule.id, rule.state) for rule in pack.active]


def told(pack, facts, labels=(), verdicts=(), mature_before=0):
    hits = hits_of(facts, Engine(pack).page(facts))
    names, rows, fired = together([(named(pack), hits)])
    place = {int(fact["seq"]): (int(fact["account"]), int(fact["recorded_at"])) for fact in facts}
    labels = np.array([(seq, *place[seq], code) for seq, code in labels], np.int64).reshape(-1, 4)
    judged = judgements(rows, labels, np.array(verdicts, np.int64).reshape(-1, 3))
    return {record.id: record for record in records(pack, names, rows, fired, judged, mature_before)}


def test_hits_verdicts_precision_and_time(pack, story):
    tale = story()
    for amount in (100, 300, 1500, 6000):
        tale.spend(amount).wait(hours=30)
    facts = tale.facts
    record = told(pack, facts, [(3, Judgement.FRAUD), (4, Judgement.LEGIT), (4, Judgement.FRAUD)], [], START + DAY)
    big = record["BIG-1"]
    assert (big.hits, big.fraud, big.legit, big.presumed, big.unknown) == (2, 2, 0, 0, 0)
    assert big.precision.value == 1
    assert 0 < big.precision.low < 1
    assert (big.alerts, big.minutes) == (2, 2 * MINUTES_PER_ALERT)
    assert big.overlap == {"BIG-10": 1, "BIG-2": 0.5}
    assert (record["BIG-2"].alerts, record["BIG-2"].overlap) == (1, {"BIG-1": 1, "BIG-10": 1})
    shadow = record["BIG-10"]
    assert (shadow.state, shadow.hits, shadow.fraud, shadow.unknown, shadow.alerts) == ("shadow", 3, 2, 1, 3)
    assert told(pack, facts, [], [], START + 40 * HOUR)["BIG-10"].presumed == 1


def test_a_rule_that_never_fired_has_no_precision(pack, story):
    record = told(pack, story().spend(100).facts)
    assert [*record] == ["BIG-1", "BIG-2", "BIG-10"]
    assert all((one.hits, one.precision, one.overlap) == (0, None, {}) for one in record.values())


def test_an_accounts_verdict_speaks_for_its_hits_of_a_week(pack, story):
    tale = story().spend(2000).wait(days=8).spend(2000).wait(days=1).spend(2000, account=1)
    later = tale.now + HOUR
    record = told(pack, tale.facts, [], [(0, later, Judgement.INCONCLUSIVE), (1, later - 2 * HOUR, Judgement.FRAUD)])
    assert (record["BIG-1"].inconclusive, record["BIG-1"].fraud, record["BIG-1"].unknown) == (1, 0, 2)


def test_rules_that_changed_their_set_or_state_are_told_apart():
    first, second = np.zeros(2, hit_type(2)), np.zeros(1, hit_type(9))
    first["fired"] = [[0b10000000], [0b01000000]]
    second["fired"][0] = [0, 0b10000000]
    many = [(f"UN-{number}", "live") for number in range(8)]
    names, rows, fired = together([([("A-1", "live"), ("A-2", "shadow")], first), ([*many, ("A-2", "live")], second)])
    assert len(rows) == 3
    assert [row.tolist() for row, name in zip(fired, names, strict=True) if name[0].startswith("A-")] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_without_hits_there_is_nothing(pack, random_stream):
    assert len(hits_of(random_stream(1, 0), Engine(pack).page(random_stream(1, 0)))) == 0
    assert [len(part) for part in together([])] == [0, 0, 0]


def near_a_fraud(facts, row, last):
    frauds = facts[[int(seq) - 1 for seq, code in last.items() if code == Judgement.FRAUD]]
    mine = frauds[frauds["account"] == facts["account"][row]]
    seconds = mine["recorded_at"] // 10**6 - facts["recorded_at"][row] // 10**6
    return bool((np.abs(seconds) <= 86_400).any())


def test_a_sign_in_beside_a_known_fraud_is_part_of_it(pack, story):
    tale = story().spend(2000).wait(hours=20).spend(50).wait(hours=20).spend(2000).spend(2000, account=1)
    big = told(pack, tale.facts, [(2, Judgement.FRAUD)], [], tale.now + DAY)["BIG-1"]
    assert (big.hits, big.fraud, big.presumed) == (3, 2, 1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_records_are_what_a_plain_count_gives(pack, random_stream, seed, data):
    facts = random_stream(seed, 200)
    scored = Engine(pack).page(facts)
    seqs = facts["seq"].tolist()
    labels = data.draw(st.lists(st.tuples(st.sampled_from(seqs), st.integers(1, 3)), max_size=30))
    mature = int(facts["recorded_at"][data.draw(st.integers(0, 199))])
    record = told(pack, facts, labels, [], mature)
    last = dict(labels)
    for place, (name, _, _, _) in enumerate(RULES):
        rows = [row for row in range(200) if scored.place[row] >= 0 and scored.fired[place, scored.place[row]]]
        said = [last.get(seqs[row], int(near_a_fraud(facts, row, last))) for row in rows]
        presumed = sum(not word and facts["recorded_at"][row] < mature for word, row in zip(said, rows, strict=True))
        one = record[name]
        counts = (one.hits, one.fraud, one.legit, one.inconclusive, one.presumed, one.unknown)
        assert counts == (len(rows), said.count(1), said.count(2), said.count(3), presumed, said.count(0) - presumed)
