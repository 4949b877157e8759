"""Which reason code of the core fits a kind of fraud: what a decision on an alert begins with."""

from __future__ import annotations

from collections.abc import Iterable

from console.core.commands import reasons_for
from console.core.messages import CoreMeta

SYNONYMS = {
    "synthetic": ("synthetic_identity",),
    "geography": ("impossible_travel",),
    "ring": ("synthetic_identity", "mule"),
    "known_fraud": ("stolen_card",),
    "unusual": ("account_takeover",),
}
"""Reason codes that say of a typology what the core has no code of that name for, the closest first."""


def suggested(typologies: Iterable[str], meta: CoreMeta, type_: str) -> str | None:
    """The code for the first typology that the core lists one for, for that type of command; None when it has none.

    A code that asks for a note of a person is left to a person.
    """
    listed = {reason.code for reason in reasons_for(type_, meta) if not reason.requires_note}
    for typology in typologies:
        for code in (typology, *SYNONYMS.get(typology, ())):
            if code in listed:
                return code
    return None
