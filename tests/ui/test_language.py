"""The catalogues: nothing missing, nothing unused, nothing left in English."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
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
OPEN = ("ui.currency", "ui.credit_state")
"""Families of words that come from outside: any of them may have a name here."""


@dataclass
class Sources:
    """What the code can ask for: its literal texts, templates of keys, and the words that may fill those."""

    literals: set[str]
    templates: set[str]
    words: set[str]

    @classmethod
    @cache
    def read(cls) -> Sources:
        found = cls(set(), set(), {match[1] if (match := SPAN.fullmatch(name)) else name for name in FEATURES})
        for room in ("console", "store"):
            for path in sorted((ROOT / room).rglob("*.py")):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
                for node in ast.walk(tree):
                    if id(node) not in told:
                        found._note(node)
        return found

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=str(text)):
                self.literals.add(text)
                self.words |= {*re.findall(r"\w+", f"{text} {text.lower()}"), re.sub(r"\W", "_", text)}
            case ast.Call(func=ast.Name(id="term"), args=[family, *_]):
                self.templates.add(template(family) + r"\.([\w.]+)")
            case ast.JoinedStr(values=parts) if any(isinstance(part, ast.Constant) for part in parts):
                self.templates.add(template(node))
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                self.words.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.words.add(name)

    def ask_for(self, key: str) -> bool:
        """Whether the code can ask for a key: by name, or by a template whose gaps known words fill."""
        if key in self.literals or key.startswith(tuple(f"{family}." for family in OPEN)):
            return True
        fits = (match for one in self.templates if (match := re.fullmatch(one, key)))
        return any(all(set(gap.split(".")) <= self.words for gap in match.groups()) for match in fits)


def template(node: ast.expr) -> str:
    """A pattern of the keys that a text with gaps makes; a gap is a group."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"([\w.]+)" for part in parts)


def test_every_text_asked_for_exists() -> None:
    asked = {key for path in (ROOT / "console").rglob("*.py") for key in LITERAL.findall(path.read_text("utf-8"))}
    assert len(asked) > 100
    assert sorted(asked - set(language.catalogue("en"))) == []


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_text_is_asked_for(code: str) -> None:
    sources = Sources.read()
    assert [key for key in language.catalogue(code) if not sources.ask_for(key)] == []


def test_a_text_that_nothing_asks_for_is_found() -> None:
    sources = Sources.read()
    assert sources.ask_for("cli.doctor")
    assert sources.ask_for("conformance.page_chain")
    assert not any(map(sources.ask_for, ("cli.zzyzx", "ui.feature.zzyzx", "ui.zzyzx.title", "zzyzx.title")))


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_no_text_is_empty(code: str) -> None:
    assert [key for key, text in language.catalogue(code).items() if not text.strip()] == []


UNTRANSLATED = re.compile(r"[A-Za-z]{4,}(?: [a-z]{3,}){2,}")
"""Three words of English in a row."""


TYPED = re.compile(r"`[^`]*`|riskdesk(?: [a-z]+)+|（[a-z ]+）")
"""What people type as it stands: commands, and lists of words in brackets."""


def test_nothing_is_left_in_english() -> None:
    left = {key: text for key, text in language.catalogue("zh").items() if UNTRANSLATED.search(TYPED.sub("", text))}
    assert left == {}


def test_every_text_is_translated() -> None:
    english, chinese = language.catalogue("en"), language.catalogue("zh")
    assert sorted(set(english) ^ set(chinese)) == []


def placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


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
        ("review.work", vocabulary.EMPLOYMENTS),
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
