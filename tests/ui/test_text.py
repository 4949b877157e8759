"""The sanitiser: nothing that comes from outside can steer the terminal or break a line's width."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.ui.text import LIMIT, clean, fit, folded

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x9b\x85\n\r\t\u202e\u2066\u200b\u200d\ufeff\u2028\u0301\ufe0f🇩🇪👨🏽陈ﷺ\u3164"),
    ),
    max_size=300,
)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(HOSTILE)
def test_only_printing_characters_remain(text: str) -> None:
    safe = clean(text)
    assert not {unicodedata.category(character) for character in safe} & FORBIDDEN
    assert len(safe) <= LIMIT


@given(HOSTILE, st.integers(1, 120), st.booleans())
def test_a_fitted_text_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(clean(text), width, right)) == width


@given(HOSTILE, st.integers(2, 60), st.integers(1, 5))
def test_a_folded_text_stays_within_its_lines_and_loses_nothing_where_it_fits(text: str, width: int, most: int) -> None:
    safe = clean(text)
    lines = folded(safe, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
    if not lines or not lines[-1].endswith("…"):
        assert "".join(lines).rstrip() == safe.rstrip()


@given(HOSTILE)
def test_width_is_the_sum_of_its_characters(text: str) -> None:
    safe = clean(text)
    assert cell_len(safe) == sum(cell_len(character) for character in safe)


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40))
def test_chinese_passes_unchanged(text: str) -> None:
    assert clean(text) == text
    assert cell_len(clean(text)) == 2 * len(text)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("\x1b]0;owned\x07", "�]0;owned�"),
        ("a\nb\tc", "a b c"),
        ("A [/b] Ltd", "A [/b] Ltd"),
        ("\u202etxt.exe", "�txt.exe"),
        ("zero\u200bwidth", "zero�width"),
        ("e\u0301\u0301\u0301\u0301\u0301", "é\u0301\u0301"),
        (None, ""),
        (42, "42"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_known_tricks(raw: object, safe: str) -> None:
    assert clean(raw) == safe


def test_a_wide_character_is_not_cut_in_half() -> None:
    assert fit("陈陈陈", 4) == "陈… "
