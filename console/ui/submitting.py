"""The console's one way to decide: a draft goes into the journal, and the watcher is woken to send it."""

from __future__ import annotations

from console.ui.drafts import Draft, Refused, Submit
from console.ui.sight import Sight


def submitter(sight: Sight) -> Submit:
    """The function that journals drafts for this home."""

    def submit(draft: Draft) -> str:
        raise Refused(f"no way to journal {draft.type} yet")

    return submit
