"""A preview in words: what changes, who must approve, what the customer is told, what is left of the bulk quota."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from console.core.commands import Wish, limit_of
from console.core.messages import Account, CoreMeta
from console.desk.preview import Preview
from console.desk.quota import Quota
from console.language import term, tr
from console.ui import formats
from console.ui.text import clean

Line = tuple[Literal["good", "warning", "bad", "faint"], str]
LIMITS = ("credit", "cash", "daily")


def effect(preview: Preview, before: Account | None, exponents: Mapping[str, int]) -> Line:
    """What the core says would change, or why it would refuse."""
    if preview.problem is not None:
        why = f"{preview.problem.code} {preview.problem.detail or preview.problem.title}"
        return "bad", tr("desk.preview.refused", why=clean(why, 160))
    if preview.after is None or before is None:
        return "good", tr("desk.preview.accepted")
    changes = differences(before, preview.after, exponents)
    return "good", tr("desk.preview.changes", changes=" · ".join(changes)) if changes else tr("desk.preview.nothing")


def differences(before: Account, after: Account, exponents: Mapping[str, int]) -> list[str]:
    """What of an account's status, holds and limits differs, `before → after` each."""
    currency = before.limits.currency

    def amount(minor: int | None) -> str:
        return formats.money(minor, currency, exponents)

    pairs = [
        ("", term("ui.status", clean(before.status, 16)), term("ui.status", clean(after.status, 16))),
        (tr("desk.preview.holds"), str(len(before.holds)), str(len(after.holds))),
        *(
            (tr(f"desk.preview.{name}"), amount(limit_of(before, name)), amount(limit_of(after, name)))
            for name in LIMITS
        ),
        (tr("desk.preview.available"), amount(before.limits.available_minor), amount(after.limits.available_minor)),
    ]
    return [f"{name} {old} → {new}".strip() for name, old, new in pairs if old != new]


def told(wish: Wish, meta: CoreMeta) -> Line | None:
    """What the core is obliged to tell the customer (contract, `adverse_action`); None when nothing."""
    reason = next((code for code in meta.reason_codes if code.code == wish.reason_code), None)
    against = wish.type.startswith("account.") or wish.params.get("decision") == "decline"
    if reason is None or not reason.adverse_action or not against:
        return None
    return "warning", tr("desk.preview.told", reason=clean(reason.title, 60))


def quota_words(quota: Quota, account_id: str) -> Line:
    """What is left of the bulk quota with this command, or that it goes beyond."""
    said = {"left": quota.after(account_id), "most": quota.most, "minutes": quota.window_s // 60}
    return (
        ("faint", tr("desk.preview.quota", **said))
        if quota.covers(account_id)
        else (
            "warning",
            tr("desk.preview.beyond", **said),
        )
    )
