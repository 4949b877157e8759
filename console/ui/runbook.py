"""What to do about the kind of fraud that an alert's rules look for, in words: the runbook beside the alert."""

from __future__ import annotations

from rich.text import Text

from console.language import language, term, tr
from console.ui import rules
from console.ui.reasons import rule_ids
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.lines import Pair
from store.reader import AccountRow

LABEL_WIDTH = 8
FIRST_STEPS = 3
"""Rules whose own first step is told, the weightiest."""


def title(row: AccountRow) -> str:
    """The kind of fraud; empty where there is no alert, or no runbook for what it is about."""
    found = rules.runbook(rule_ids(row.rule_ids)) if row.alert_state == "open" else None
    return term("ui.typology", found[0]) if found else ""


def told(row: AccountRow, colours: Palette) -> list[Pair]:
    """What to check, what to do, whom to call, and what each rule that fired asks for first."""
    names = rule_ids(row.rule_ids) if row.alert_state == "open" else []
    found = rules.runbook(names)
    if found is None:
        return [(Text(), Text(tr("ui.runbook.none"), colours.faint))]
    _, book = found
    parts = (("check", book.check), ("act", book.act), ("call", book.call))
    pairs = [(Text(tr(f"ui.runbook.{name}"), colours.heading), _words(text, colours)) for name, text in parts]
    for rule_id in names[:FIRST_STEPS]:
        rule = rules.rules().get(rule_id)
        if rule is not None:
            pairs.append((Text(clean(rule_id, 8), colours.faint), _words(rule.runbook, colours)))
    return pairs


def _words(text: dict[str, str], colours: Palette) -> Text:
    return Text(clean(text.get(language(), text["en"]), 400), colours.plain)
