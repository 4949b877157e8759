"""Rule packs: TOML in, checked and compiled rules out. The caller reads the files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar

import console.risk.features  # noqa: F401 - registers the features
from console.risk.expressions import Condition, Quantity, Refused, condition, nearest, quantity
from console.risk.flags import INFLOW, LOGIN, PAYMENT, REFUND, SPEND, TRANSFER
from console.risk.registry import FEATURES

TYPOLOGIES = (
    "account_takeover",
    "card_testing",
    "bust_out",
    "cash_out",
    "mule",
    "synthetic",
    "geography",
    "ring",
    "known_fraud",
    "unusual",
)
STATES = ("off", "shadow", "live")
EVENTS = ("spend", "transfer", "payment", "refund", "inflow", "login")
ACTIONS = ("watch", "contact", "limit", "freeze", "close")
LEVELS = ("none", "low", "medium", "high", "critical")
LANGUAGES = ("en", "zh")
MAX_RULES = 256
"""Rules of a pack, and below its checks, letters of its words and bytes of a file: enough for people."""
MAX_CHECKS = 12
MAX_WORDS = 400
MAX_FILE = 1_000_000

_FLAG = {
    "spend": SPEND,
    "transfer": TRANSFER,
    "payment": PAYMENT,
    "refund": REFUND,
    "inflow": INFLOW,
    "login": LOGIN,
}
T = TypeVar("T")

_ID = re.compile(r"[A-Z]{2,8}-[0-9]{1,3}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class PackError(ValueError):
    """A pack that cannot be used; the message names file and rule."""


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule. `weight` in 0..1 is what it adds to the score alone; `strength` scales it where it is given.

    `on` are the kinds of event it looks at, `text` and `runbook` are for people, by language. From `expires` (µs of
    stream time: when the core recorded an event) on it does not fire.
    """

    id: str
    typology: str
    state: str
    weight: float
    on: tuple[str, ...]
    when: Condition
    strength: Quantity | None
    params: dict[str, float]
    action: str
    text: dict[str, str]
    runbook: dict[str, str]
    expires: int | None = None

    @cached_property
    def events(self) -> int:
        """The kinds of event as bits, any of which `Seen.events` has where the rule looks."""
        return sum({_FLAG[word] for word in self.on})

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the rule reads, in order of name."""
        more = self.strength.features if self.strength else ()
        return tuple(sorted({*self.when.features, *more}))


@dataclass(frozen=True)
class Check:
    """What must be asked before an account is released, for people by language.

    It is asked where a rule of one of its typologies raised the alert; without typologies always.
    """

    id: str
    typologies: tuple[str, ...]
    text: dict[str, str]


@dataclass(frozen=True)
class Runbook:
    """What to do about a kind of fraud, for people by language: what to check, what to do, when to call a person."""

    check: dict[str, str]
    act: dict[str, str]
    call: dict[str, str]


@dataclass(frozen=True, eq=False)
class Pack:
    """Rules, live ones first, then those in shadow; the scores from which a level begins, low to critical; checks.

    `runbooks` are by typology.
    """

    rules: tuple[Rule, ...]
    thresholds: tuple[float, float, float, float]
    alert_level: int
    checklist: tuple[Check, ...] = ()
    runbooks: dict[str, Runbook] = field(default_factory=dict)

    @cached_property
    def live(self) -> tuple[Rule, ...]:
        """The rules that count."""
        return tuple(rule for rule in self.rules if rule.state == "live")

    @cached_property
    def shadow(self) -> tuple[Rule, ...]:
        """The rules that are only watched."""
        return tuple(rule for rule in self.rules if rule.state == "shadow")

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The live rules and after them those in shadow: the rows of `Scored.fired`."""
        return self.live + self.shadow


def load_packs(texts: Iterable[tuple[str, str]]) -> Pack:
    """One pack out of (file name, TOML text) pairs; raises PackError.

    `[levels]` stands in exactly one of the files; ids of rules and of checks are unique over all of them, and so is
    the typology of a runbook.
    """
    rules: dict[str, Rule] = {}
    checks: dict[str, Check] = {}
    runbooks: dict[str, Runbook] = {}
    levels: list[tuple[str, Any]] = []
    for name, text in texts:
        document = _document(name, text)
        _only(document, ("levels", "rule", "checklist", "runbook"), name)
        _gather_checks(document, name, checks)
        _gather_runbooks(document, name, runbooks)
        if "levels" in document:
            levels.append((name, document["levels"]))
        for number, table in enumerate(_listed(document.get("rule", []), dict, f"{name}: rule"), 1):
            rule = _rule(table, f"{name}: rule {_label(table, number)}")
            if rule.id in rules:
                raise PackError(f"{name}: rule {rule.id}: the id is taken")
            rules[rule.id] = rule
    if len(levels) != 1:
        raise PackError(f"[levels] must stand in exactly one file, found in {[name for name, _ in levels] or 'none'}")
    ordered = sorted(rules.values(), key=lambda rule: -STATES.index(rule.state))
    if len(checks) > MAX_CHECKS:
        raise PackError(f"more than {MAX_CHECKS} checks")
    pack = Pack(tuple(ordered), *_levels(*levels[0]), tuple(checks.values()), runbooks)
    if len(pack.rules) > MAX_RULES:
        raise PackError(f"more than {MAX_RULES} rules")
    return pack


def _gather_checks(document: dict[str, Any], name: str, into: dict[str, Check]) -> None:
    for key, table in _typed(document.get("checklist", {}), dict, f"{name}: checklist").items():
        if key in into:
            raise PackError(f"{name}: checklist.{key}: the id is taken")
        into[key] = _check(key, table, f"{name}: checklist.{key}")


def _gather_runbooks(document: dict[str, Any], name: str, into: dict[str, Runbook]) -> None:
    for key, table in _typed(document.get("runbook", {}), dict, f"{name}: runbook").items():
        typology = _one_of(key, TYPOLOGIES, f"{name}: runbook")
        if typology in into:
            raise PackError(f"{name}: runbook.{typology}: the typology has one")
        into[typology] = _runbook(table, f"{name}: runbook.{typology}")


# ---------------------------------------------------------------- reading


def _document(name: str, text: str) -> dict[str, Any]:
    if len(text) > MAX_FILE:
        raise PackError(f"{name}: longer than {MAX_FILE} characters")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackError(f"{name}: {error}") from error


def _rule(table: dict[str, Any], where: str) -> Rule:
    required = ("id", "typology", "state", "weight", "on", "when", "action", "text", "runbook")
    _only(table, (*required, "strength", "params", "expires"), where)
    for key in required:
        if key not in table:
            raise PackError(f"{where}: {key} is missing")
    if not isinstance(table["id"], str) or not _ID.fullmatch(table["id"]):
        raise PackError(f"{where}: id must look like ATO-1")
    params = _params(table.get("params", {}), where)
    strength = table.get("strength")
    try:
        when = condition(_typed(table["when"], str, f"{where}: when"), FEATURES, params)
        amount = None if strength is None else quantity(_typed(strength, str, f"{where}: strength"), FEATURES, params)
    except Refused as error:
        raise PackError(f"{where}: {error}") from error
    return Rule(
        id=table["id"],
        typology=_one_of(table["typology"], TYPOLOGIES, f"{where}: typology"),
        state=_one_of(table["state"], STATES, f"{where}: state"),
        weight=_share(table["weight"], f"{where}: weight"),
        on=tuple(_one_of(word, EVENTS, f"{where}: on") for word in _listed(table["on"], str, f"{where}: on")),
        when=when,
        strength=amount,
        params=params,
        action=_one_of(table["action"], ACTIONS, f"{where}: action"),
        text=_texts(table["text"], f"{where}: text"),
        runbook=_texts(table["runbook"], f"{where}: runbook"),
        expires=_instant(table["expires"], f"{where}: expires") if "expires" in table else None,
    )


def _check(key: str, table: object, where: str) -> Check:
    table = _typed(table, dict, where)
    if not _NAME.fullmatch(key):
        raise PackError(f"{where}: the id must be lower-case letters, digits and _")
    named = _listed(table.get("typologies", []), str, f"{where}.typologies")
    words = {language: text for language, text in table.items() if language != "typologies"}
    typologies = tuple(_one_of(word, TYPOLOGIES, f"{where}.typologies") for word in named)
    return Check(key, typologies, _texts(words, where))


def _runbook(table: object, where: str) -> Runbook:
    table = _typed(table, dict, where)
    parts = ("check", "act", "call")
    _only(table, parts, where)
    return Runbook(**{part: _texts(table.get(part), f"{where}.{part}") for part in parts})


def _levels(name: str, table: object) -> tuple[tuple[float, float, float, float], int]:
    where = f"{name}: levels"
    table = _typed(table, dict, where)
    _only(table, (*LEVELS[1:], "alert"), where)
    low, medium, high, critical = (_share(table.get(word), f"{where}.{word}") for word in LEVELS[1:])
    if not 0 < low < medium < high < critical:
        raise PackError(f"{where}: must rise from low to critical")
    return (low, medium, high, critical), LEVELS.index(_one_of(table.get("alert"), LEVELS[1:], f"{where}.alert"))


def _params(table: object, where: str) -> dict[str, float]:
    table = _typed(table, dict, f"{where}: params")
    for name, value in table.items():
        if not _NAME.fullmatch(name) or name in FEATURES:
            raise PackError(f"{where}: params.{name} is no name for a parameter, or is the name of a feature")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e15:
            raise PackError(f"{where}: params.{name} must be a number of at most 1e15")
    return {name: float(value) for name, value in table.items()}


def _texts(table: object, where: str) -> dict[str, str]:
    table = _typed(table, dict, where)
    _only(table, LANGUAGES, where)
    words = {language: _typed(table.get(language), str, f"{where}.{language}") for language in LANGUAGES}
    for language, text in words.items():
        if not text.strip() or len(text) > MAX_WORDS:
            raise PackError(f"{where}.{language} must have 1 to {MAX_WORDS} letters")
    return words


def _instant(value: object, where: str) -> int:
    """A date (its first moment, UTC) or a time with its offset, in µs."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise PackError(f"{where} must say its offset, such as 2026-12-31T18:00:00Z")
        moment = value
    else:
        moment = datetime.combine(_typed(value, date, where), time(), UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _share(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise PackError(f"{where} must be a number in 0..1")
    return float(value)


def _one_of(value: object, words: tuple[str, ...], where: str) -> str:
    if value not in words:
        raise PackError(f"{where}: {value!r:.40} is none of {', '.join(words)}")
    return str(value)


def _typed(value: object, kind: type[T], where: str) -> T:
    if not isinstance(value, kind):
        raise PackError(f"{where} must be a {kind.__name__}")
    return value


def _listed(value: object, kind: type[T], where: str) -> list[T]:
    return [_typed(item, kind, where) for item in _typed(value, list, where)]


def _only(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            near = nearest(key, dict.fromkeys(known))
            raise PackError(f"{where}: unknown key {key!r:.40}" + (f"; did you mean {near}?" if near else ""))


def _label(table: dict[str, Any], number: int) -> str:
    return f"{table['id']:.20}" if isinstance(table.get("id"), str) else f"no. {number}"
