"""Numbers, money and times as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console import language
from console.core.instants import DAY, HOUR, MINUTE, SECOND, parse
from console.ui import formats

EXPONENTS = {"CNY": 2, "JPY": 0, "BHD": 3}


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (123456, "CNY", "1,234.56"),
        (-5, "CNY", "-0.05"),
        (123456, "JPY", "123,456"),
        (1, "BHD", "0.001"),
        (None, "CNY", "–"),
        (123456, "XXX", "123,456 minor"),
    ],
)
def test_money(minor: int | None, currency: str, words: str) -> None:
    assert formats.money(minor, currency, EXPONENTS) == words


@given(st.integers(0, 10**12), st.sampled_from(sorted(EXPONENTS)))
def test_what_is_shown_can_be_typed_back(minor: int, currency: str) -> None:
    assert formats.minor_units(formats.money(minor, currency, EXPONENTS), EXPONENTS[currency]) == minor


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "1e3", "١٢", "12a", "1.", "NaN"])
def test_no_amounts(typed: str) -> None:
    assert formats.minor_units(typed, 2) is None


@pytest.mark.parametrize(
    ("micros", "words"),
    [(-5, "0s"), (4 * SECOND, "4s"), (12 * MINUTE, "12m"), (47 * HOUR, "47h"), (5 * DAY, "5d"), (1100 * DAY, "3y")],
)
def test_ages(micros: int, words: str) -> None:
    assert formats.age(micros) == words


@given(st.floats(0, 1.5), st.integers(1, 30))
def test_a_bar_has_its_width(share: float, width: int) -> None:
    assert cell_len(formats.bar(share, width)) == width


def test_a_score_just_below_one_is_not_shown_as_one() -> None:
    assert (formats.score(0.999), formats.score(1.0), formats.score(None)) == ("0.99", "1.00", "–")


def test_a_share_of_nothing_is_unknown_not_zero() -> None:
    assert formats.percent(5, 0) is None
    assert formats.percent(None, 100) is None
    assert formats.percent(99, 100) == 99


def test_moments_are_of_the_readers_zone_and_never_fail() -> None:
    assert formats.moment(parse("2026-11-20T21:14:10.000000Z")) == "2026-11-20 21:14:10"
    assert formats.moment(2**62) == "–"


AT = parse("2026-11-20T21:14:10.000000Z")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ["2026-11-20 21:14:10", "11-20 21:14:10", "2026-11-20", "CNY"]),
        ("zh", ["2026年11月20日 21:14:10", "11月20日 21:14:10", "2026年11月20日", "人民币"]),
    ],
)
def test_dates_and_currencies_are_those_of_the_language(code: str, words: list[str]) -> None:
    language.use(code)
    told = [formats.moment(AT), formats.day_and_time(AT), formats.day(AT), formats.currency("CNY")]
    assert told == words
    assert formats.clocked(AT, "%H:%M") == "21:14"
    assert (formats.currency("XTS"), formats.currency(None)) == ("XTS", "")
    assert formats.day(None) == formats.day(2**62) == formats.NOTHING


def test_times_are_of_the_zone_that_was_chosen() -> None:
    formats.show_times_in("Asia/Shanghai")
    assert formats.moment(AT) == "2026-11-21 05:14:10"
    formats.show_times_in(None)
    assert formats.moment(AT) == "2026-11-20 21:14:10"


def test_a_line_of_shares_shows_each_by_its_own_height() -> None:
    assert formats.levels([0.0, 0.124, 0.126, 0.5, 0.99, 1.0]) == "▁▁▂▅██"
    assert formats.levels([-1.0, 7.0]) == "▁█"
    assert formats.levels([]) == ""
