"""The features themselves. Importing this package registers them all, in this order."""

from console.risk.features import access, flows, limits, places, spend, ties

__all__ = ["access", "flows", "limits", "places", "spend", "ties"]
