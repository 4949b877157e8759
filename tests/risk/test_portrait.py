"""The portrait: an account's own normal, and the latest event against it."""

from __future__ import annotations

import numpy as np
import pytest

from console.risk.columns import DAY, HOUR
from console.risk.portrait import portrait

START = 1_700_000_000_000_000


def history(rows, **fields):
    columns = {
        "occurred_at": START + np.arange(rows) * DAY,
        "amount": np.full(rows, 1000.0),
        "merchant": np.arange(rows) % 3,
        "hour": np.full(rows, 12),
        "weekend": np.arange(rows) % 7 >= 5,
        "lat": np.full(rows, 31.23),
        "lon": np.full(rows, 121.47),
        "device": np.zeros(rows, int),
    }
    return portrait(**{**columns, **fields})


def test_the_latest_event_is_compared_with_the_ones_before_it():
    amounts = np.array([1000.0] * 20 + [9000.0])
    places = np.array([31.23] * 20 + [39.9]), np.array([121.47] * 20 + [116.4])
    hours = np.array([23] * 10 + [1] * 10 + [0])
    shops, devices = np.array([0, 1] * 10 + [7]), np.array([4] * 20 + [5])
    drawn = history(21, amount=amounts, lat=places[0], lon=places[1], hour=hours, merchant=shops, device=devices)
    assert (drawn.events, drawn.days, drawn.per_day) == (20, 20, 1)
    assert (drawn.amount_median, drawn.amount_p95) == (1000, 1000)
    assert drawn.hours[23] == drawn.hours[1] == 10
    assert sum(drawn.hours) == 20
    assert drawn.usual_merchants == ((0, 10), (1, 10))
    assert (drawn.merchants, drawn.places, drawn.devices) == (2, 1, 1)
    latest = drawn.latest
    assert (latest.amount, latest.amount_to_median, latest.amount_rank) == (9000, 9, 1)
    assert (latest.hour, latest.hour_share) == (0, 1)
    assert (latest.new_merchant, latest.new_device) == (True, True)
    assert latest.distance_km == pytest.approx(1067, abs=5)
    assert latest.since_previous_s == 86_400


def test_the_rhythm_is_the_usual_gap_and_the_share_of_weekends():
    at = START + np.array([0, 2, 4, 6, 9, 9.01]) * DAY
    drawn = history(6, occurred_at=at.astype(int), weekend=np.array([0, 1, 0, 0, 0, 1], bool))
    assert drawn.gap_median_s == 2 * 86_400
    assert drawn.weekend_share == 0.2
    assert drawn.latest.weekend
    assert drawn.latest.gap_to_median == pytest.approx(0.005)
    once = history(2)
    assert (once.gap_median_s, once.weekend_share, once.latest.gap_to_median) == (None, 0, None)
    assert once.latest.since_previous_s == 86_400


def test_the_order_of_the_rows_does_not_matter():
    at = START + np.array([5, 1, 3]) * HOUR
    drawn = history(3, occurred_at=at, amount=np.array([50.0, 10.0, 20.0]))
    assert drawn.latest.amount == 50
    assert drawn.amount_median == 15


def test_what_is_not_known_is_none():
    empty = history(0)
    assert (empty.events, empty.per_day, empty.amount_median, empty.latest) == (0, None, None, None)
    one = history(1, amount=np.array([np.nan]), lat=np.array([np.nan]), device=np.array([-1]))
    assert (one.latest.amount, one.latest.amount_rank, one.latest.new_merchant, one.latest.distance_km) == (None,) * 4
    assert one.latest.since_previous_s is None
    two = history(2, device=np.array([-1, 3]), lat=np.array([np.nan, 31.0]))
    assert (two.latest.new_device, two.usual_place, two.latest.distance_km) == (None, None, None)


def test_columns_must_be_of_one_length():
    with pytest.raises(ValueError, match="one length"):
        history(3, amount=np.zeros(2))
