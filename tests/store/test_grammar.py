"""The language of filters: any text is a filter or an error that points, and a filter is written as it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.fields import Field, check, completions, fields
from store.grammar import QueryError, Term, parse, written

KNOWN = fields(
    Field("risk", "score"), Field("level", "rank", ("none", "low", "high")), Field("status", "word", ("open", "shut")),
    Field("limit", "amount"), Field("opened", "age"), Field("used", "percent"), Field("id", "id"),
    Field("name", "part"),
)  # fmt: skip


def sound(_: str) -> str | None:
    return None


def faulty(text: str) -> tuple[str, int, str]:
    with pytest.raises(QueryError) as caught:
        check(parse(text), KNOWN, lambda pattern: "not closed" if "(" in pattern else None)
    return caught.value.trouble, caught.value.at, caught.value.meant


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("acc", [Term("text", ("acc",))]),
        ('!"two words"', [Term("text", ("two words",), True)]),
        ("-f a42", [Term("fuzzy", ("a42",))]),
        ("!-f a42 x", [Term("fuzzy", ("a42",), True), Term("text", ("x",))]),
        (r"/^a b\/c$/", [Term("regex", (r"^a b\/c$",))]),
        ("risk:>0.8", [Term("field", ("0.8",), name="risk", operator=">")]),
        ("Risk>=0.8", [Term("field", ("0.8",), name="risk", operator=">=")]),
        ('status:open,"a b"', [Term("field", ("open", "a b"), name="status")]),
        ("status!=open", [Term("field", ("open",), True, "status")]),
        ("!status!=open", [Term("field", ("open",), name="status")]),
        ("::1", [Term("text", ("::1",))]),
        ("-fx", [Term("text", ("-fx",))]),
    ],
)
def test_terms_are_read_as_they_are_typed(text: str, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("risk>0.8 statuss:x", ("unknown_field", 9, "status")),
        ("zzz:1", ("unknown_field", 0, "")),
        ("level:hgh", ("unknown_value", 6, "high")),
        ("level:x", ("unknown_value", 6, "none low high")),
        ("status:opne", ("unknown_value", 7, "open")),
        ("limit>much", ("not_a_number", 6, "")),
        ("limit>nan", ("not_a_number", 6, "")),
        ("limit:1,2", ("only_one", 6, "")),
        ("risk>80", ("out_of_range", 5, "")),
        ("risk>80x", ("not_a_share", 5, "")),
        ("opened<30", ("not_an_age", 7, "")),
        ("opened<30y", ("not_an_age", 7, "")),
        ("opened:30d", ("only_comparable", 7, "")),
        ("status>open", ("not_comparable", 6, "")),
        ("open risk>", ("no_value", 10, "")),
        ("!", ("no_value", 1, "")),
        ("-f", ("no_value", 2, "")),
        ('id:"acc', ("unclosed_quote", 3, "")),
        ("id:a,", ("no_value", 5, "")),
        ("//", ("no_value", 1, "")),
        ("/acc", ("unclosed_regex", 0, "")),
        ("x /(/", ("bad_regex", 3, "not closed")),
        ("a " * 13, ("too_many", 24, "")),
    ],
)
def test_a_fault_is_pointed_at_and_tells_what_was_meant(text: str, fault: tuple[str, int, str]) -> None:
    assert faulty(text) == fault


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("risk>80%", 0.8), ("risk>.8", 0.8), ("limit>=10,000.5", 10000.5), ("used<80%", 80.0), ("level>=LOW", 1),
        ("opened<30d", 30 * 86_400_000_000.0), ("opened>1.5h", 5_400_000_000.0), ("OPEN", "open"), ("high", 2),
    ],
)  # fmt: skip
def test_values_are_read_in_their_units(text: str, operand: object) -> None:
    (condition,) = check(parse(text), KNOWN, sound)
    assert condition.operands == (operand,)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
UNQUOTED = WORDS.filter(lambda word: '"' not in word)
TERMS = st.one_of(
    st.builds(Term, st.sampled_from(["text", "fuzzy"]), st.tuples(UNQUOTED), st.booleans()),
    st.builds(
        Term,
        st.just("field"),
        st.lists(UNQUOTED, min_size=1, max_size=3).map(tuple),
        st.booleans(),
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.sampled_from(["=", ">", "<", ">=", "<="]),
    ),
    st.builds(Term, st.just("regex"), st.tuples(st.from_regex(r"(?:[^/\\]|\\.){1,12}", fullmatch=True)), st.booleans()),
)


@settings(max_examples=150)
@given(st.lists(TERMS, max_size=12))
def test_what_is_written_is_read_as_the_same(terms: list[Term]) -> None:
    assert list(parse(written(terms))) == terms


FRAGMENTS = st.sampled_from(
    [
        "risk",
        ":",
        ">",
        ">=",
        "!=",
        "!",
        '"',
        ",",
        "/",
        "\\",
        " ",
        "-f",
        "0.8",
        "80%",
        "30d",
        "open",
        "é陈",
        "\n",
        "level",
    ]
)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=40), st.lists(FRAGMENTS, max_size=12).map("".join)))
def test_any_text_is_a_filter_or_an_error_that_points_into_it(text: str) -> None:
    for found in completions(text, KNOWN):
        assert found != text
    try:
        terms = parse(text)
        check(terms, KNOWN, sound)
    except QueryError as error:
        assert 0 <= error.at <= len(text)
    else:
        assert parse(written(terms)) == terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [f"{name}:" for name in KNOWN]),
        ("st", ["status:"]),
        ("x !st", ["x !status:"]),
        ("status", ["status:", "status!="]),
        ("risk", ["risk>", "risk<", "risk>=", "risk<=", "risk:", "risk!="]),
        ("level", ["level:", "level!=", "level>", "level<", "level>=", "level<="]),
        ("opened", ["opened>", "opened<", "opened>=", "opened<="]),
        ("risk:", ["risk:>", "risk:<", "risk:>=", "risk:<="]),
        ("level:", ["level:none", "level:low", "level:high", "level:>", "level:<", "level:>=", "level:<="]),
        ("status:open,s", ["status:open,shut"]),
        ("level>=h", ["level>=high"]),
        ("nothing:", []),
        ("-f st", []),
        ("/st", []),
        ('"st', []),
    ],
)
def test_fields_operators_and_values_are_completed(text: str, found: list[str]) -> None:
    assert completions(text, KNOWN) == found
