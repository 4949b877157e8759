"""The text is refused with its line and the name that was meant; the stance moves as the rules say, and not more."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.paths import fixtures
from console.risk.columns import DAY
from console.risk.policy import PolicyError, Reading, Standing, digest, driven, due, stamp, switches, wanted
from console.risk.policy_text import line_of, read_policy

TEXT = (fixtures() / "policies" / "standard.toml").read_text(encoding="utf-8")
POLICY = read_policy("standard.toml", TEXT)
NAMES = sorted({rule.indicator for rule in POLICY.drive.rule})
VALUES = st.floats(0, 12)
READINGS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4 * DAY), VALUES), max_size=40)


def told(steps: list[tuple[str, int, float]]) -> list[Reading]:
    at, readings = 0, []
    for name, later, value in steps:
        at += later
        readings.append(Reading(name, at, value))
    return readings


# ---------------------------------------------------------------- the text


def test_the_shipped_policy_tightens_in_every_respect():
    tight, guarded, normal, loose = POLICY.stances.values()
    for one, looser in ((tight, guarded), (guarded, normal), (normal, loose)):
        assert one.cutoffs.approve_above > looser.cutoffs.approve_above
        assert one.cutoffs.decline_below > looser.cutoffs.decline_below
        assert one.limits.offer_factor < looser.limits.offer_factor
        assert one.limits.raise_factor < looser.limits.raise_factor
    assert tight.levels is not None
    assert guarded.levels is not None
    assert tight.levels.thresholds < guarded.levels.thresholds
    assert normal.levels is None
    assert POLICY.drive.stance == "normal"
    assert POLICY.shadow


def test_a_version_is_the_digest_of_the_text():
    assert POLICY.version == digest(TEXT)
    assert POLICY.version != read_policy("x", TEXT + "\n# another word\n").version
    assert stamp(POLICY.version, "tight") == f"{POLICY.version}/tight"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("enter = 5.8", "entr = 5.8", "p.toml:15: drive.rule[0].entr: unknown key 'entr'; did you mean enter?"),
        ('stance = "guarded"', 'stance = "gaurded"', "no stance 'gaurded'; did you mean guarded?"),
        ("[automatic]", "[automatc]", "did you mean automatic?"),
        (
            'alert = "medium"',
            'alert = "mdium"',
            "levels.alert: there is no 'mdium'; did you mean medium?",
        ),
        ("low = 0.16", "low = 0.9", "stances.tight.levels: must rise from low to critical"),
        ("enter = 5.8", "enter = nan", "drive.rule[0].enter"),
        ("enter = 7.0", "enter = 6.2", "drive.rule[1]: enter and leave must differ"),
        ("dwell_days = 30", "dwell_days = -1", "drive.dwell_days"),
        ("shadow = true", "shadow = 1", "automatic.shadow: must be true or false"),
        ("decline_below = 588", "decline_below = 705", "decline_below must not lie above approve_above"),
        ("least_score = 0.95", "least_score = nan", "stances.tight.automatic.least_score"),
        ("least_score = 0.95", "least_score = 1.5", "stances.tight.automatic.least_score"),
        ("least_score = 0.95", 'scope = "spending"', "stances.tight.automatic.scope: there is no 'spending'"),
        ("count = 20", "count = -1", "automatic.count"),
        ("CNY = 20_000_000", "CNY = -1", "automatic.exposure"),
        ("CNY = 20_000_000", "cny = 1", "automatic: Expected `str` matching"),
        ('name = "standard"', "name = ", "at line 3"),
        ('name = "standard"', "", "name is missing"),
        ('stance = "guarded"', 'stance = "normal"', "drive.rule[0].stance: is the stance that holds without any rule"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(before, after, said):
    assert before in TEXT
    with pytest.raises(PolicyError) as error:
        read_policy("p.toml", TEXT.replace(before, after, 1))
    assert said in str(error.value)
    assert str(error.value).startswith("p.toml")


@given(st.text(max_size=300))
def test_any_text_is_a_policy_or_refused(text):
    with pytest.raises(PolicyError):
        read_policy("p.toml", text)


@given(st.lists(st.sampled_from(TEXT.splitlines()), max_size=60))
def test_any_shuffled_lines_are_a_policy_or_refused(lines):
    try:
        read_policy("p.toml", "\n".join(lines))
    except PolicyError as error:
        assert str(error).startswith("p.toml")


def test_a_fields_line_is_that_of_its_own_table():
    lines = TEXT.splitlines()
    assert lines[(line_of(TEXT, "drive.rule[1].enter") or 0) - 1] == "enter = 7.0"
    assert lines[(line_of(TEXT, "stances.guarded.cutoffs.approve_above") or 0) - 1].startswith("cutoffs = { approve")
    assert line_of(TEXT, "nowhere.at.all") is None


# ---------------------------------------------------------------- what moves the stance


@given(READINGS)
def test_the_stance_never_moves_twice_within_the_dwell(steps):
    stood = driven(POLICY, told(steps), 0)
    for before, after in pairwise(stood):
        assert after.since - before.since >= POLICY.drive.dwell
        assert after.stance != before.stance


@given(st.lists(VALUES, max_size=40))
def test_between_its_thresholds_a_rule_stays_as_it_is(values):
    readings = [Reading("unemployment_rate", at, value) for at, value in enumerate(values)]
    before = switches(POLICY.drive, readings[:-1])
    for was, switch in zip(before, switches(POLICY.drive, readings), strict=True):
        if not readings or switch.rule.indicator != "unemployment_rate":
            assert not switch.on
        elif readings[-1].value >= switch.rule.enter:
            assert switch.on
        elif readings[-1].value <= switch.rule.leave:
            assert not switch.on
        else:
            assert switch.on == was.on


@given(READINGS, st.floats(0, 5))
def test_worse_figures_never_ask_for_a_looser_stance(steps, worse):
    readings = told(steps)
    harder = [reading._replace(value=reading.value + worse) for reading in readings]
    asked = wanted(POLICY, switches(POLICY.drive, readings)).stance
    asked_for_worse = wanted(POLICY, switches(POLICY.drive, harder)).stance
    assert POLICY.tightness(asked_for_worse) >= POLICY.tightness(asked)


def test_a_stance_goes_with_the_indicator_and_comes_back_after_the_dwell():
    def read(*values: tuple[float, float]) -> list[Reading]:
        return [Reading("unemployment_rate", round(day * DAY), value) for day, value in values]

    normal = Standing("normal", -1000 * DAY)
    assert due(POLICY, normal, switches(POLICY.drive, read((0, 5.7))), DAY) is None
    move = due(POLICY, normal, switches(POLICY.drive, read((0, 5.7), (30, 5.9))), 30 * DAY)
    assert move is not None
    assert move.stance == "guarded"
    assert [(switch.rule.enter, switch.turned_by) for switch in move.because] == [
        (5.8, Reading("unemployment_rate", 30 * DAY, 5.9))
    ]
    guarded = Standing("guarded", 30 * DAY)
    fallen = switches(POLICY.drive, read((30, 5.9), (40, 5.3)))
    assert due(POLICY, guarded, fallen, 40 * DAY) is None
    assert due(POLICY, guarded, fallen, 61 * DAY) == ("normal", ())


def test_it_loosens_only_where_every_rule_that_may_loosen_agrees():
    low = POLICY.drive.rule[0]
    rules = (
        replace(low, indicator="default_rate", enter=1.0, leave=1.4, stance="loose"),
        replace(low, indicator="loss_rate", enter=0.5, leave=0.8, stance="loose"),
        low,
    )
    policy = replace(POLICY, drive=replace(POLICY.drive, rule=rules))
    good = [Reading("default_rate", 0, 0.9), Reading("loss_rate", 0, 0.4)]

    def asked(readings: list[Reading]) -> str:
        return wanted(policy, switches(policy.drive, readings)).stance

    assert asked(good) == "loose"
    assert asked(good[:1]) == "normal"
    assert asked([*good, Reading("loss_rate", 1, 0.9)]) == "normal"
    assert asked([*good, Reading("unemployment_rate", 1, 6.0)]) == "guarded"
