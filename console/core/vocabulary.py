"""The enum values that version 1 of the contract knows. A client accepts others; it only has no word for them."""

ACCOUNT_STATUSES = ("pending", "active", "frozen", "closing", "closed")
HOLD_SCOPES = ("full", "debit_only", "credit_only", "cash_advance", "login")
FREEZING_SCOPES = ("full", "debit_only")
TRANSACTION_KINDS = (
    "purchase",
    "cash_advance",
    "payment",
    "refund",
    "fee",
    "interest",
    "chargeback",
    "adjustment",
    "transfer",
)
TRANSACTION_STATUSES = ("pending", "posted", "declined", "reversed", "expired")
CHANNELS = ("pos", "ecom", "atm", "wallet", "ach", "transfer", "internal", "other")
LOGIN_OUTCOMES = (
    "success",
    "bad_password",
    "bad_mfa",
    "locked",
    "blocked",
    "password_reset",
    "mfa_enrolled",
    "mfa_removed",
)
EMPLOYMENTS = ("employed", "self_employed", "unemployed", "retired", "student", "other")
NEEDS_IF_MATCH = (
    "account.unfreeze",
    "account.set_limit",
    "account.close",
    "application.decide",
    "limit_request.decide",
)
COMMAND_STATUSES = (
    "pending_approval",
    "accepted",
    "executing",
    "succeeded",
    "rejected",
    "failed",
    "expired",
    "cancelled",
)
PROBLEM_CODES = (
    "validation",
    "idempotency_key_missing",
    "unsupported",
    "unauthenticated",
    "forbidden",
    "self_approval",
    "not_found",
    "in_progress",
    "illegal_transition",
    "already_decided",
    "already_claimed",
    "cursor_expired",
    "epoch_changed",
    "version_mismatch",
    "idempotency_key_reused",
    "command_expired",
    "precondition_required",
    "rate_limited",
    "internal",
    "overloaded",
)
