"""The scorecard that reviews judge by: the shipped one until somebody puts another in force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from console import paths
from console.core import instants
from console.desk.papers import NUMBERS, WORDS
from console.desk.policy import reason
from console.language import tr
from console.risk.credit.scorecard import MOST_BYTES, Category, Scorecard, UnusableCard
from store import cards, reviews
from store.journal import Journal, JournalError

SHIPPED = "application_card.json"
MOST_NAMED = 8
"""Characteristics that a refusal names."""
SHORT = 12
"""Digits of a card's digest that people see."""


@dataclass(frozen=True)
class Standing:
    """A card's text with since when it is in force (µs; None: from the beginning), who applied it, and why."""

    text: str
    since: int | None = None
    by: str | None = None
    reason: str | None = None

    @property
    def digest(self) -> str:
        return reviews.digest(self.text)


def present(journal: Journal | None) -> Standing:
    """The card in force."""
    if journal is None:
        return Standing(_shipped())
    since, found = cards.changed_at(journal), cards.in_force(journal)
    return Standing(found.text, since, found.actor, found.reason) if found else Standing(_shipped(), since)


@cache
def _shipped() -> str:
    return (paths.fixtures() / "policies" / SHIPPED).read_text(encoding="utf-8")


def read_file(path: Path) -> str:
    """The text of a card that reviews can judge by. Raises UnusableCard, and OSError when the file can't be read."""
    with path.open("rb") as file:
        body = file.read(MOST_BYTES + 1)
    check(Scorecard.from_json(body))
    return body.decode()


def check(card: Scorecard) -> None:
    """Make sure that a review gives what a card asks for. Raises UnusableCard."""
    if not card.characteristics:
        raise UnusableCard(tr("scorecard.asks_nothing"))
    foreign = [one.name for one in card.characteristics if one.name not in WORDS + NUMBERS]
    if foreign:
        raise UnusableCard(tr("scorecard.not_given", names=_names(foreign), given=", ".join(sorted(WORDS + NUMBERS))))
    wordy = [one.name for one in card.characteristics if one.name in WORDS and not isinstance(one, Category)]
    if wordy:
        raise UnusableCard(tr("scorecard.in_words", names=_names(wordy)))


def _names(names: list[str]) -> str:
    more = [tr("scorecard.more", count=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else []
    return ", ".join([repr(name[:40]) for name in names[:MOST_NAMED]] + more)


def apply(journal: Journal, text: str, why: str, by: str) -> Standing:
    """Put a card in force, from the next paper on. Raises ValueError with words for people."""
    try:
        cards.apply(journal, text, reason(why), by, instants.now())
    except JournalError as error:
        raise ValueError(str(error)) from error
    return present(journal)


def roll_back(journal: Journal, why: str, by: str) -> Standing:
    """Put back what was in force before, at last the shipped card. Raises ValueError with words for people."""
    try:
        cards.roll_back(journal, reason(why), by, instants.now())
    except JournalError as error:
        raise ValueError(str(error)) from error
    return present(journal)
