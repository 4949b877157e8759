"""`riskdesk scorecard show|apply|rollback`: the card that reviews judge by."""

from __future__ import annotations

import argparse
import json

from console.core import instants
from console.desk import cards
from console.desk.cards import Standing
from console.desk.lists import surroundings
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.risk.credit.scorecard import Scorecard
from console.ui import reviewing
from console.ui.text import clean
from store.journal import Journal


def run(home: Home, options: argparse.Namespace) -> int:
    """Do what was asked and print the card in force. Raises ValueError with words for people, OSError for files."""
    what = options.what
    text = cards.read_file(options.file) if what == "apply" else ""
    if what == "show" and not home.journal.exists():
        return _print(cards.present(None), as_json=options.json)
    home.make()
    journal = Journal(home.journal)
    try:
        if what == "show":
            return _print(cards.present(journal), as_json=options.json)
        by = surroundings(home)[1]
        if what == "apply":
            found = cards.apply(journal, text, options.reason, by)
        else:
            found = cards.roll_back(journal, options.reason, by)
    finally:
        journal.close()
    return _print(found, as_json=False)


def _print(found: Standing, *, as_json: bool) -> int:
    card = Scorecard.from_json(found.text.encode())
    names = [one.name for one in card.characteristics]
    if as_json:
        since = instants.wire(found.since) if found.since is not None else None
        told = {"card": found.digest, "since": since, "by": found.by, "reason": found.reason}
        print(json.dumps(told | {"made_of": card.made_of, "defaults": card.defaults, "characteristics": names}))
        return Exit.OK
    print(reviewing.card_words(card, found.digest, found.since))
    if found.by is not None:
        print(tr("scorecard.applied_by", who=clean(found.by, 40), why=clean(found.reason, 500)))
    print(tr("scorecard.asks", names=", ".join(clean(name, 40) for name in names)))
    return Exit.OK
