"""The alerts screen: the open alerts in the order in which to work through them, live."""

from __future__ import annotations

from typing import ClassVar

from console.ui.screens.watch import WatchScreen
from console.ui.survey import Kind


class AlertsScreen(WatchScreen):
    """Expected loss times urgency, the most pressing first; snoozed alerts are left out until their time."""

    NAME = "alerts"
    KIND: ClassVar[Kind] = "queue"
    LISTED_IN: ClassVar = "v_alert"

    def first_order(self) -> None:
        """The surveyor brings the order at once."""
