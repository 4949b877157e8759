"""What this institution has decided: reason codes, currencies, limits, retention (served in /meta)."""

from __future__ import annotations

from console.core.messages import CoreLimits, CurrencyInfo, LabelPolicy, ReasonCode, Retention

INSTITUTION = "Sandbox Consumer Credit"
API_VERSION = "1.0"
CAPABILITIES = ["feed", "snapshot", "digest", "commands", "approval", "dry_run"]

FREEZE, UNFREEZE, SET_LIMIT, CLOSE = "account.freeze", "account.unfreeze", "account.set_limit", "account.close"
APPLICATION, LIMIT_REQUEST = "application.decide", "limit_request.decide"
VERDICT = "case.verdict"
TYPOLOGY = [FREEZE, SET_LIMIT, CLOSE, VERDICT]


def _fraud(code: str, title: str, *more: str) -> ReasonCode:
    return ReasonCode(code=code, title=title, commands=[*TYPOLOGY, *more])


REASON_CODES = [
    _fraud("account_takeover", "Suspected account takeover"),
    _fraud("stolen_card", "Card or credential reported stolen"),
    _fraud("card_testing", "Card testing"),
    _fraud("impossible_travel", "Used in two distant places at once"),
    _fraud("cash_out", "Credit turned into cash at a colluding merchant"),
    _fraud("bust_out", "Limit drained without intent to repay", LIMIT_REQUEST),
    _fraud("mule", "Account passes on other people's money"),
    _fraud("synthetic_identity", "Identity does not exist", APPLICATION, LIMIT_REQUEST),
    ReasonCode(
        code="identity_unverified",
        title="Identity could not be verified",
        commands=[FREEZE, APPLICATION, LIMIT_REQUEST],
    ),
    ReasonCode(
        code="credit_risk",
        title="Ability to repay",
        commands=[SET_LIMIT, CLOSE, APPLICATION, LIMIT_REQUEST],
        adverse_action=True,
    ),
    ReasonCode(
        code="policy_exception",
        title="Exception to policy",
        commands=[UNFREEZE, SET_LIMIT],
        requires_note=True,
        requires_approval=True,
    ),
    ReasonCode(
        code="ability_verified", title="Ability to repay verified", commands=[SET_LIMIT, APPLICATION, LIMIT_REQUEST]
    ),
    ReasonCode(
        code="customer_request",
        title="The customer asked for it",
        commands=[FREEZE, UNFREEZE, SET_LIMIT, CLOSE, APPLICATION, LIMIT_REQUEST],
    ),
    ReasonCode(
        code="verified_with_customer", title="Verified with the customer", commands=[UNFREEZE, SET_LIMIT, VERDICT]
    ),
    ReasonCode(code="false_positive", title="The suspicion was wrong", commands=[UNFREEZE, SET_LIMIT, VERDICT]),
    ReasonCode(
        code="other",
        title="Other",
        commands=[FREEZE, UNFREEZE, SET_LIMIT, CLOSE, APPLICATION, LIMIT_REQUEST, VERDICT],
        requires_note=True,
    ),
]
REASONS = {reason.code: reason for reason in REASON_CODES}

CURRENCIES = [
    CurrencyInfo(code="CNY", exponent=2),
    CurrencyInfo(code="EUR", exponent=2),
    CurrencyInfo(code="USD", exponent=2),
    CurrencyInfo(code="JPY", exponent=0),
]

LIMITS = CoreLimits(
    max_page=10_000, max_wait_s=30, not_after_max_s=900, approval_max_s=86_400, bulk_accounts=20, bulk_window_s=600
)
RETENTION = Retention(feed_s=2_592_000, idempotency_s=604_800)
LABELS = LabelPolicy(maturity_s=604_800)
