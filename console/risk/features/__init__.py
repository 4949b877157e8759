"""The features themselves. Importing this package registers them all, in this order.

What the field also measures and the contract's data does not hold:

| measure | why not | what stands for it |
|---|---|---|
| different instruments of an account | an account is one instrument | `devices_24h`, `declines_device_1h` |
| distance of IP, billing and shipping address | an IP has a country at most, an order no addresses | `is_foreign_ip` |
| new shipping address | no addresses, only a keyed token of the customer's own | `since_contact_change` |
| similarity of name and email, free email, valid phone | personal data comes as keyed tokens | `customers_on_email` |
| length of the session at an application | not told | `applications_device_24h` |
| a merchant's age and registered place | not told | `merchant_age_days`, since the first spend seen there |
| confirmed cash-out users by themselves | a label says fraud, not of which kind | `bad_accounts_merchant_90d` |
| disputes before a chargeback | only the chargeback is a transaction | `chargebacks`, `known_frauds_merchant` |
| counts and sums over 90 days | the data would allow it; 32 days are kept | the lifetime's mean and largest |
| accounts active in one place at once | the data would allow it; no state is kept by place | `accounts_on_subnet_15m` |
"""

from console.risk.features import (
    access,
    amounts,
    applications,
    flows,
    fraud_history,
    habits,
    known,
    limits,
    merchants,
    people,
    places,
    shared,
    spend,
    ties,
    used,
)

__all__ = [
    "access",
    "amounts",
    "applications",
    "flows",
    "fraud_history",
    "habits",
    "known",
    "limits",
    "merchants",
    "people",
    "places",
    "shared",
    "spend",
    "ties",
    "used",
]
