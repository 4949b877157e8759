"""The catalogues: nothing missing, nothing unused, nothing left in English."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from console import language
from console.core import vocabulary
from console.risk.packs import TYPOLOGIES
from console.risk.registry import FEATURES
from console.ui import actions, rules
from console.ui.evidence import SPAN
from store.life import State

ROOT = Path(__file__).parents[2]
LITERAL = re.compile(r"""\btr\(\s*["']([\w.]+)["']""")
FAMILY = re.compile(r"""\b(?:tr\(\s*f|term\(\s*f?)["']([\w.]+?)(?:\.\{|["'])""")
QUOTED = re.compile(r"""["']([a-z_]+(?:\.[\w]+)+)["']""")


def sources() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "console").rglob("*.py")))


def test_every_text_asked_for_exists() -> None:
    asked = set(LITERAL.findall(sources()))
    assert len(asked) > 100
    assert sorted(asked - set(language.catalogue("en"))) == []


def test_every_text_is_asked_for() -> None:
    code = sources()
    used, families = set(QUOTED.findall(code)), set(FAMILY.findall(code))
    unused = [
        key
        for key in language.catalogue("en")
        if key not in used and not any(key.startswith(family + ".") for family in families)
    ]
    assert unused == []


def test_every_text_is_translated() -> None:
    english, chinese = language.catalogue("en"), language.catalogue("zh")
    assert sorted(set(english) ^ set(chinese)) == []


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_a_translation_uses_the_same_values() -> None:
    english, chinese = language.catalogue("en"), language.catalogue("zh")
    differing = [key for key, text in english.items() if placeholders(text) != placeholders(chinese.get(key, text))]
    assert differing == []


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("ui.status", vocabulary.ACCOUNT_STATUSES),
        ("ui.scope", vocabulary.HOLD_SCOPES),
        ("ui.dialog.freeze.effect", vocabulary.HOLD_SCOPES),
        ("ui.kind", vocabulary.TRANSACTION_KINDS),
        ("ui.txn_status", vocabulary.TRANSACTION_STATUSES),
        ("ui.login", vocabulary.LOGIN_OUTCOMES),
        ("ui.state", tuple(State)),
        ("ui.typology", TYPOLOGIES),
        ("ui.need", tuple(actions.NEEDS)),
        ("ui.action", tuple(actions.BY_NAME)),
        ("ui.help", tuple(actions.BY_NAME)),
    ],
)
def test_every_known_word_has_a_text(family: str, words: tuple[str, ...]) -> None:
    known = language.catalogue("en")
    assert [word for word in words if f"{family}.{word}" not in known] == []


def test_every_feature_has_a_name() -> None:
    assert rules.rules()
    names = {match[1] if (match := SPAN.fullmatch(name)) else name for name in FEATURES}
    assert sorted(names - {key.removeprefix("ui.feature.") for key in language.catalogue("en")}) == []


def test_what_a_language_lacks_is_english_and_what_english_lacks_its_key() -> None:
    language.use("zh")
    assert language.tr("ui.yes") == "是"
    assert language.tr("ui.no.such.key") == "ui.no.such.key"
    assert language.term("ui.status", "melting") == "melting"


def test_values_are_never_templates() -> None:
    assert "{0.__class__}" in language.tr("ui.no_command", name="{0.__class__}")


@pytest.mark.parametrize(
    ("environment", "code"),
    [({"RISKDESK_LANG": "zh"}, "zh"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"), ({}, "en")],
)
def test_the_language_follows_the_environment_and_no_screen_is_loaded(environment: dict[str, str], code: str) -> None:
    script = "import sys; from console.language import language; print(language(), 'textual' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [code, "False"]
