"""The features themselves. Importing this package registers them all, in this order."""

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
