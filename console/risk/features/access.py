"""Who gets in: logins, devices, credentials."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Fact, Floats
from console.risk.features.seen import Seen, count, given, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import EVENT, EXACT, LIFETIME, feature, windowed
from console.risk.state.memory import SUCCESS, failed

KEPT = EXACT.format(kept=12)


@feature("event", "1 or 0", EVENT, "missing_input on a transaction")
def login_success(seen: Seen) -> Floats:
    """The login succeeded."""
    return given(seen.facts["fact"] == Fact.LOGIN, seen.facts["code"] == SUCCESS, MISSING_INPUT)


@windowed("account", "events", KEPT, ("15m", "24h"))
def failed_logins(seen: Seen, span: int) -> Floats:
    """Failed logins of the account: wrong password or second factor, locked, blocked."""
    return count(failed(seen.sight.logins["code"]) & seen.logins.within(span))


@feature("account", "seconds", KEPT, "no_history before any successful login")
def since_last_login(seen: Seen) -> Floats:
    """Seconds since the account's last successful login."""
    success = seen.sight.logins["code"] == SUCCESS
    return since(seen.now, seen.logins.last(success & seen.logins.past), NO_HISTORY)


@feature("account", "1 or 0", "the last 8 devices", "missing_input without device, no_history before any")
def is_new_device(seen: Seen) -> Floats:
    """The account neither logged in nor paid with this device before."""
    device = seen.facts["device"]
    new = ~(seen.profile["device"] == (device + 1)[:, None]).any(axis=1)
    return given(device >= 0, given(seen.profile["devices"] > 0, new, NO_HISTORY), MISSING_INPUT)


@feature("account", "seconds", "the last 8 devices", "missing_input without device, no_history when it is new")
def device_age(seen: Seen) -> Floats:
    """Seconds since the account first used this device."""
    device = seen.facts["device"]
    mine = seen.profile["device"] == (device + 1)[:, None]
    first = np.where(mine, seen.profile["device_at"], 0).max(axis=1)
    return given(device >= 0, since(seen.now, first, NO_HISTORY), MISSING_INPUT)


@feature("account", "seconds", LIFETIME, "no_history while the account has one device")
def since_new_device(seen: Seen) -> Floats:
    """Seconds since a device other than the account's first was used for the first time."""
    return since(seen.now, seen.profile["new_device_at"], NO_HISTORY)


@feature("account", "seconds", LIFETIME, "no_history before any change")
def since_credential_change(seen: Seen) -> Floats:
    """Seconds since a password reset or a change of the second factor."""
    return since(seen.now, seen.profile["credentials_at"], NO_HISTORY)
