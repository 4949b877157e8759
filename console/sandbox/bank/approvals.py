"""When a second person is needed (contract, section 7.5). Pure."""

from __future__ import annotations

from console.core.messages import Account, LimitRequest, Message
from console.sandbox import policy
from console.sandbox import requests as wanted
from console.sandbox.bank import accounts, effects
from console.sandbox.people import Person


def needed(
    request: wanted.Request,
    target: Message | None,
    limit_account: Account | None,
    person: Person,
    distinct_accounts: int,
) -> str | None:
    """The policy that asks for approval, or None.

    `limit_account` is the account behind a limit request. `distinct_accounts` counts the accounts this person has sent
    account commands to within the bulk window, this one included. A freeze waits for nothing but the bulk rule.
    """
    if isinstance(request, wanted.Close):
        return "close"
    if _increases(request, target, limit_account):
        return "limit_increase"
    if not person.may("supervisor"):
        if _releases_supervisor_hold(request, target):
            return "supervisor_hold"
        if request.type.startswith("account.") and distinct_accounts > policy.LIMITS.bulk_accounts:
            return "bulk"
    reason = policy.REASONS.get(request.reason_code or "")
    if reason is not None and reason.requires_approval and not isinstance(request, wanted.Freeze):
        return "reason_code"
    return None


def _increases(request: wanted.Request, target: Message | None, limit_account: Account | None) -> bool:
    """Whether a limit would rise. No limit at all counts as the highest."""
    if isinstance(request, wanted.SetLimit) and isinstance(target, Account):
        present = accounts.present_limit(target, request.params.limit)
        return present is not None and request.params.value_minor > present
    if (
        isinstance(request, wanted.DecideLimitRequest)
        and isinstance(target, LimitRequest)
        and limit_account is not None
    ):
        approves = request.params.decision == "approve"
        return approves and effects.granted_limit(request, target) > limit_account.limits.credit_limit_minor
    return False


def _releases_supervisor_hold(request: wanted.Request, target: Message | None) -> bool:
    if not isinstance(request, wanted.Unfreeze) or not isinstance(target, Account):
        return False
    return any(hold.hold_id in request.params.hold_ids and hold.releasable_by == "supervisor" for hold in target.holds)
