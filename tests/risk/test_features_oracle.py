"""Every registered feature against a plain reading of the raw facts, one event at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.columns import HOUR, MINUTE
from console.risk.engine import Engine
from console.risk.missing import why
from console.risk.registry import FEATURES
from tests.risk.oracle import Past, answers, plain
from tests.risk.oracle.past import LACKS, NONE

CLOSE = {"rel": 1e-9, "abs": 1e-9}
ROUGH = {
    "utilisation_rise_24h": {"abs": 1e-6},  # lows are kept in single precision
    "utilisation_rise_7d": {"abs": 1e-6},
    "utilisation_rise_30d": {"abs": 1e-6},
    "amount_z_30d": {"rel": 1e-3},  # and so are squares
    "distance_last_km": {"abs": 1e-3},  # and degrees
    "distance_home_km": {"abs": 1e-3},
    "speed_kmh": {"abs": 1e-3 * 3600},
}


def check(facts, pack) -> set[str]:
    """Compare every answer; returns the names that had a value other than 0 at least once."""
    scored = Engine(pack).page(facts)
    with np.errstate(all="ignore"):
        columns = {name: scored.features(name) for name in FEATURES}
    past, valued = Past(), set()
    for row, place in enumerate(scored.place):
        fact = plain(facts[row])
        if place >= 0:
            expected = answers(past, fact)
            for name in FEATURES:
                value = float(columns[name][place])
                assert agrees(name, expected[name], value), (row, name, expected[name], why(value) or value)
                valued |= {name} if value == value and value != 0 else set()
        past.facts.append(fact)
    return valued


def agrees(name, expected, value) -> bool:
    if isinstance(expected, str) or why(value):
        return expected == why(value)
    if isinstance(expected, tuple):
        return value in expected
    return value == pytest.approx(expected, **ROUGH.get(name, CLOSE))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), accounts=st.integers(2, 40), pace=st.sampled_from([MINUTE, 20 * MINUTE, 16 * HOUR]))
def test_features_are_what_a_plain_reading_gives(base_pack, random_stream, seed, accounts, pace):
    check(random_stream(seed, 160, accounts, pace), base_pack)


def test_the_streams_reach_every_feature(base_pack, random_stream):
    streams = ((1, 500, 3, 20 * MINUTE), (2, 300, 2, 5 * MINUTE), (4, 400, 2, 6 * HOUR), (3, 300, 30, 2 * HOUR))
    reached = set().union(*(check(random_stream(*stream), base_pack) for stream in streams))
    assert FEATURES.keys() - reached == set()


def test_every_feature_has_an_oracle(random_stream):
    assert answers(Past(), plain(random_stream(1, 1)[0])).keys() == FEATURES.keys()


def test_a_new_merchant_is_rarely_taken_for_known_and_a_known_one_never_for_new(base_pack, story):
    tale = story()
    for merchant in range(60):
        tale.spend(1000, merchant=merchant).wait(hours=1)
    for merchant in range(60):
        tale.spend(1000, merchant=merchant).wait(hours=1)
    new = Engine(base_pack).page(tale.facts).features("is_new_merchant")
    assert why(float(new[0])) == NONE
    assert new[1:60].mean() > 0.9
    assert (new[60:] == 0).all()


def test_utilisation_rise_is_measured_from_the_lowest_of_seven_days(base_pack, story):
    tale = story().limits(1e6, 900_000).wait(days=20).spend(50_000).limits(1e6, 850_000)
    tale.wait(days=3).limits(1e6, 200_000).wait(hours=1).spend(100_000).wait(days=9).spend(100_000)
    rise = Engine(base_pack).page(tale.facts).features("utilisation_rise_7d")
    assert rise.tolist() == pytest.approx([0.05, 0.8, 0.1], abs=1e-6)


def test_speed_distance_and_home(base_pack, story):
    tale = story().limits(1e6, 1e6, lat=31.23, lon=121.47)
    tale.spend(1000, lat=31.23, lon=121.47).wait(hours=1).spend(1000, lat=39.9, lon=116.4).spend(1000)
    tale.spend(1000, lat=39.9, lon=116.4)
    scored = Engine(base_pack).page(tale.facts)
    assert scored.features("distance_last_km")[1] == pytest.approx(1067, abs=5)
    assert scored.features("speed_kmh")[1] == pytest.approx(1067, abs=5)
    assert scored.features("distance_home_km")[1] == pytest.approx(1067, abs=5)
    assert scored.evidence([4])[0]["speed_kmh"].missing == LACKS
    assert scored.features("speed_kmh")[3] == pytest.approx(0, abs=2)


def test_every_feature_says_what_it_is():
    for item in FEATURES.values():
        assert item.unit, item.name
        assert item.window, item.name
        assert item.missing, item.name
        assert item.meaning.endswith("."), item.name
