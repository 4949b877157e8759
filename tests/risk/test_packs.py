"""Packs: what is wrong is refused with file and rule; what ships is complete."""

from __future__ import annotations

import re

import pytest

from console.risk.packs import ACTIONS, PackError, load_packs
from console.risk.registry import FEATURES
from tests.risk.conftest import PACKS

LEVELS = '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n'
RULE = """
[[rule]]
id = "UN-9"
typology = "unusual"
state = "live"
weight = 0.5
on = ["spend"]
when = "amount_z > usual"
action = "watch"
params = { usual = 3 }
text = { en = "Unusual", zh = "异常" }
runbook = { en = "Look", zh = "查看" }
"""


BOOK = """
[runbook.mule]
check = { en = "Look", zh = "查看" }
act = { en = "Freeze", zh = "冻结" }
call = { en = "Call", zh = "联系" }
"""


def refused(text: str) -> str:
    with pytest.raises(PackError) as error:
        load_packs([("mine.toml", text)])
    return str(error.value)


def test_a_pack_is_its_files_together_live_rules_first():
    shadow = RULE.replace("UN-9", "UN-8").replace('"live"', '"shadow"')
    off = RULE.replace("UN-9", "UN-7").replace('"live"', '"off"')
    pack = load_packs([("a.toml", off + shadow), ("b.toml", LEVELS + RULE)])
    assert [rule.id for rule in pack.rules] == ["UN-9", "UN-8", "UN-7"]
    assert [rule.id for rule in pack.live] == ["UN-9"]
    assert [rule.id for rule in pack.shadow] == ["UN-8"]
    assert pack.thresholds == (0.2, 0.5, 0.7, 0.9)
    assert pack.alert_level == 2
    assert pack.live[0].features == ("amount_z",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"UN-9"', '"un9"', "id must look like"),
        ('typology = "unusual"', 'typology = "odd"', "'odd' is none of account_takeover"),
        ('state = "live"', 'state = "on"', "'on' is none of off, shadow, live"),
        ("weight = 0.5", "weight = 1.5", "weight must be a number in 0..1"),
        ("weight = 0.5", "weight = true", "weight must be a number"),
        ("weight = 0.5", "wieght = 0.5", "unknown key 'wieght'; did you mean weight?"),
        ("weight = 0.5\n", "", "weight is missing"),
        ('on = ["spend"]', 'on = ["spending"]', "'spending' is none of"),
        ('on = ["spend"]', 'on = "spend"', "on must be a list"),
        ("amount_z > usual", "amount_zz > usual", "line 1, column 1: unknown name amount_zz; did you mean amount_z?"),
        ("usual = 3", "usual = '3'", "params.usual must be a number"),
        ("usual = 3", "usual = 3, amount = 1", "params.amount"),
        ('zh = "异常"', 'zn = "异常"', "unknown key 'zn'"),
        ('zh = "异常"', "zh = 3", "text.zh must be a str"),
        ('action = "watch"', 'action = "arrest"', "'arrest' is none of"),
        ('action = "watch"', 'action = "watch"\nstrength = "3 >"', "not an expression"),
        ('action = "watch"', 'action = "watch"\nexpires = "2026-12-31"', "expires must be a date"),
        ('action = "watch"', 'action = "watch"\nexpires = 2026-12-31T18:00:00', "must say its offset"),
        ('zh = "异常"', 'zh = " "', "text.zh must have 1 to 400 letters"),
        ('zh = "异常"', f'zh = "{"x" * 401}"', "text.zh must have 1 to 400 letters"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_with_file_and_rule(old, new, says):
    assert old in RULE
    message = refused(LEVELS + RULE.replace(old, new))
    assert message.startswith("mine.toml: rule ")
    assert says in message


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("1970-01-02", 86_400_000_000),
        ("1970-01-02T00:00:00Z", 86_400_000_000),
        ("1970-01-02T08:00:00+08:00", 86_400_000_000),
        ("9999-12-31", 253_402_214_400_000_000),
    ],
)
def test_a_rule_may_expire(written, instant):
    pack = load_packs([("a.toml", LEVELS + RULE.replace("[[rule]]", f"[[rule]]\nexpires = {written}"))])
    assert pack.rules[0].expires == instant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (RULE, "[levels] must stand in exactly one file"),
        (LEVELS.replace("0.5", "0.1") + RULE, "must rise"),
        (LEVELS.replace('"medium"', '"loud"') + RULE, "levels.alert"),
        (LEVELS + "[rules]\n", "unknown key 'rules'; did you mean rule?"),
        (LEVELS + "rule = 3\n", "mine.toml"),
        (LEVELS + RULE + RULE, "the id is taken"),
        ("[levels\n", "mine.toml: "),
        (LEVELS + "".join(RULE.replace("UN-9", f"UN-{n}") for n in range(257)), "more than 256 rules"),
        ("x = " + "[" * 5000, "mine.toml: "),
        ("x = " + "9" * 5000, "mine.toml: "),
        ("#" * 1_000_001, "longer than 1000000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text, says):
    assert says in refused(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("mule", "odd", "'odd' is none of account_takeover"),
        ("act =", "do =", "runbook.mule: unknown key 'do'"),
        ('call = { en = "Call", zh = "联系" }\n', "", "runbook.mule.call must be a dict"),
        ('zh = "联系"', 'zh = " "', "runbook.mule.call.zh must have 1 to 400 letters"),
    ],
)
def test_what_is_wrong_with_a_runbook_is_said(old, new, says):
    assert says in refused(LEVELS + BOOK.replace(old, new))


def test_a_kind_of_fraud_has_one_runbook():
    assert load_packs([("a.toml", LEVELS + BOOK)]).runbooks["mule"].act["en"] == "Freeze"
    with pytest.raises(PackError, match="the typology has one"):
        load_packs([("a.toml", LEVELS + BOOK), ("b.toml", BOOK)])


def test_every_kind_of_fraud_that_the_shipped_rules_look_for_has_a_runbook(base_pack):
    assert {rule.typology for rule in base_pack.rules} <= set(base_pack.runbooks)
    for book in base_pack.runbooks.values():
        assert all(part["en"] != part["zh"] for part in (book.check, book.act, book.call))


def test_levels_in_two_files_are_refused():
    with pytest.raises(PackError, match="exactly one file"):
        load_packs([("a.toml", LEVELS + RULE), ("b.toml", LEVELS)])


def test_the_shipped_pack_covers_the_eight_typologies(base_pack):
    typologies = {rule.typology for rule in base_pack.live}
    assert typologies >= {
        "account_takeover",
        "card_testing",
        "bust_out",
        "cash_out",
        "mule",
        "synthetic",
        "geography",
        "ring",
    }
    for rule in base_pack.rules:
        assert rule.action in ACTIONS
        assert set(rule.features) <= set(FEATURES)
        assert rule.text["en"] != rule.text["zh"]


def test_the_packs_readme_names_every_rule(base_pack):
    readme = (PACKS / "README.md").read_text("utf-8")
    named = set(re.findall(r"\b[A-Z]{2,8}-[0-9]+\b", readme.split("## What the field knows")[1]))
    assert {rule.id for rule in base_pack.rules} <= named
