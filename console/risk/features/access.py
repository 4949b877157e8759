"""Who gets in: logins, devices, credentials."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DEVICE_TRUSTS, LOGIN_METHODS, LOGIN_OUTCOMES, Fact, Floats, of_kind
from console.risk.features.seen import Seen, count, given, ratio, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY, TOO_FEW
from console.risk.registry import EVENT, EXACT, LIFETIME, feature, windowed
from console.risk.state.memory import SUCCESS, failed

KEPT = EXACT.format(kept=12)
STRONG = [LOGIN_METHODS.index(method) + 1 for method in ("passkey", "biometric")]
"""Ways of signing in that cannot be handed on or guessed."""

BAD_MFA = LOGIN_OUTCOMES.index("bad_mfa") + 1
TRUSTED, BLOCKED = DEVICE_TRUSTS.index("trusted") + 1, DEVICE_TRUSTS.index("blocked") + 1


@feature("event", "1 or 0", EVENT, "missing_input on a transaction")
def login_success(seen: Seen) -> Floats:
    """The login succeeded."""
    return given(of_kind(seen.facts, Fact.LOGIN), seen.facts["code"] == SUCCESS, MISSING_INPUT)


@feature("event", "1 or 0", EVENT, "missing_input on a transaction and where the method is not told")
def is_strong_login(seen: Seen) -> Floats:
    """The login was made with a passkey or biometrically."""
    told = of_kind(seen.facts, Fact.LOGIN) & (seen.facts["method"] > 0)
    return given(told, np.isin(seen.facts["method"], STRONG), MISSING_INPUT)


@windowed("account", "events", KEPT, ("15m", "1h", "24h"))
def failed_logins(seen: Seen, span: int) -> Floats:
    """Failed logins of the account: wrong password or second factor, locked, blocked."""
    return count(failed(seen.sight.logins["code"]) & seen.logins.within(span))


@windowed("account", "share", KEPT, ("15m",), "too_few below 3 login events")
def failed_share(seen: Seen, span: int) -> Floats:
    """Share of the account's login events that failed."""
    recent = seen.logins.within(span)
    number = count(recent)
    return ratio(count(failed(seen.sight.logins["code"]) & recent), np.where(number >= 3, number, 0), TOO_FEW)


@windowed("account", "events", KEPT, ("15m",))
def bad_mfa_count(seen: Seen, span: int) -> Floats:
    """Failed second factors of the account."""
    return count((seen.sight.logins["code"] == BAD_MFA) & seen.logins.within(span))


@feature("account", "seconds", KEPT, "no_history before any successful login")
def since_last_login(seen: Seen) -> Floats:
    """Seconds since the account's last successful login."""
    success = seen.sight.logins["code"] == SUCCESS
    return since(seen.now, seen.logins.last(success & seen.logins.past), NO_HISTORY)


@feature("account", "1 or 0", "the last 8 devices", "missing_input without device, no_history before any")
def is_new_device(seen: Seen) -> Floats:
    """The account neither logged in nor paid with this device before."""
    return seen.is_new("device", seen.has("device"))


@feature("account", "1 or 0", "the last 8 IPs", "missing_input without IP, no_history before any")
def is_new_ip(seen: Seen) -> Floats:
    """The account neither logged in nor paid from this IP before."""
    return seen.is_new("ip", seen.has("ip"))


@feature("account", "1 or 0", "the last 8 networks", "missing_input without IP, no_history before any")
def is_new_subnet(seen: Seen) -> Floats:
    """The account neither logged in nor paid from this network (IPv4 /24, IPv6 /48) before."""
    return seen.is_new("subnet", seen.has("subnet"))


@feature("account", "1 or 0", "the last 4 systems", "missing_input without system, no_history before any")
def is_new_asn(seen: Seen) -> Floats:
    """The account never logged in from this provider (autonomous system) before."""
    return seen.is_new("asn", seen.facts["asn"] > 0)


def _age(seen: Seen, name: str) -> Floats:
    """Seconds since the account first used the event's device or network."""
    first = np.einsum("ij,ij->i", seen.same(name), seen.familiar[f"{name}_at"])  # a list holds a value once at most
    return given(seen.has(name), since(seen.now, first, NO_HISTORY), MISSING_INPUT)


@feature("account", "seconds", "the last 8 devices", "missing_input without device, no_history when it is new")
def device_age(seen: Seen) -> Floats:
    """Seconds since the account first used this device."""
    return _age(seen, "device")


@feature("account", "seconds", "the last 8 networks", "missing_input without IP, no_history when it is new")
def subnet_age(seen: Seen) -> Floats:
    """Seconds since the account first used this network (IPv4 /24, IPv6 /48)."""
    return _age(seen, "subnet")


@feature("account", "seconds", LIFETIME, "no_history while the account has one device")
def since_new_device(seen: Seen) -> Floats:
    """Seconds since a device other than the account's first was used for the first time."""
    return since(seen.now, seen.familiar["new_device_at"], NO_HISTORY)


@feature("account", "seconds", LIFETIME, "no_history before any change")
def since_credential_change(seen: Seen) -> Floats:
    """Seconds since a password reset or a change of the second factor."""
    return since(seen.now, seen.familiar["credentials_at"], NO_HISTORY)


@feature("customer", "seconds", LIFETIME, "no_history before any change")
def since_contact_change(seen: Seen) -> Floats:
    """Seconds since the customer's phone, email or address became another one."""
    return since(seen.now, seen.person["contact_at"], NO_HISTORY)


def _trust(seen: Seen, code: int) -> Floats:
    told = seen.sight.device["trust"]
    return given(seen.has("device"), given(told > 0, told == code, NO_HISTORY), MISSING_INPUT)


@feature("device", "1 or 0", "as last told", "missing_input without device, no_history while the core told nothing")
def device_trusted(seen: Seen) -> Floats:
    """The core calls the device trusted."""
    return _trust(seen, TRUSTED)


@feature("device", "1 or 0", "as last told", "missing_input without device, no_history while the core told nothing")
def device_blocked(seen: Seen) -> Floats:
    """The core calls the device blocked."""
    return _trust(seen, BLOCKED)


@feature("device", "days", LIFETIME, "missing_input without device, no_history while the core told nothing")
def device_seen_days(seen: Seen) -> Floats:
    """Days since the core first saw the device, with whatever customer."""
    age = since(seen.now, seen.sight.device["first_seen_at"], NO_HISTORY) / 86_400
    return given(seen.has("device"), age, MISSING_INPUT)
