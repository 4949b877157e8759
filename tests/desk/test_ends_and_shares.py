"""What people type for the end of a hold and for a share of a limit."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.instants import DAY, HOUR, MINUTE, parse
from console.desk import ends, shares

NOW = parse("2026-11-20T21:14:10.000000Z")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", NOW + 90 * MINUTE),
        (" 8h ", NOW + 8 * HOUR),
        ("3d", NOW + 3 * DAY),
        ("22:00", parse("2026-11-20T22:00:00.000000Z")),
        ("21:14", parse("2026-11-21T21:14:00.000000Z")),
        ("2026-12-01 18:30", parse("2026-12-01T18:30:00.000000Z")),
        ("2026-12-01T18:30:00+08:00", parse("2026-12-01T10:30:00.000000Z")),
    ],
)
def test_an_end_is_read(text: str, at: int) -> None:
    assert ends.end(text, NOW) == at


@pytest.mark.parametrize(
    "text", ["", "0h", "soon", "25:00", "2026-02-30 10:00", "2020-01-01 10:00", "999d", "-3h", "8"]
)
def test_what_is_no_end_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ends.end(text, NOW)


@given(st.text(max_size=40))
def test_no_text_gives_an_end_that_is_past_or_far(text: str) -> None:
    try:
        at = ends.end(text, NOW)
    except ValueError:
        return
    assert NOW < at <= NOW + ends.LONGEST


@given(st.integers(0, 99_999), st.integers(0, 2**53 - 1))
def test_a_share_is_exact_and_rounded_down(hundredths: int, base: int) -> None:
    whole, rest = divmod(hundredths, 100)
    found = shares.minor(f"{whole}.{rest:02d}%", base)
    exact = Fraction(base * hundredths, 10_000)
    assert found is not None
    assert found <= exact < found + 1


@pytest.mark.parametrize("text", ["50", "50.123%", "-5%", "%", "1000%", "5e1%", "５０%"])
def test_what_is_no_share_is_none(text: str) -> None:
    assert shares.minor(text, 100) is None
    assert shares.minor("50%", None) is None
    assert shares.minor("50%", -1) is None
