"""The features themselves. Importing this package registers them all, in this order."""

from console.risk.features import (
    access,
    applications,
    flows,
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
    "applications",
    "flows",
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
