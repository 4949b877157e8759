"""What the core's reason codes say: the institution's own words for them, as its /meta tells."""

from __future__ import annotations

from console.core.messages import CoreMeta
from console.ui.text import clean

LONGEST = 60
_titles: dict[str, str] = {}


def told_by(meta: CoreMeta | None) -> None:
    """Take the words from what the core says of itself; None forgets them."""
    _titles.clear()
    if meta is not None:
        _titles.update({one.code: clean(one.title, LONGEST) for one in meta.reason_codes})


def words(code: str | None) -> str:
    """A reason in words; its code where the core has none for it, and nothing for no reason."""
    return _titles.get(code or "") or clean(code, 40)
