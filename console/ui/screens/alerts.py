"""The alerts screen: the open alerts in the order in which to work through them, live."""

from __future__ import annotations

from typing import ClassVar

from console.language import tr
from console.ui.actions import bindings
from console.ui.screens.watch import WatchScreen
from console.ui.survey import Kind
from console.ui.widgets.columns import NARROW, WIDE, Own
from store.reader import Numbers


class AlertsScreen(WatchScreen):
    """Expected loss times urgency, the most pressing first; snoozed alerts are left out until their time."""

    BINDINGS = bindings("queue")
    NAME = "alerts"
    KIND: ClassVar[Kind] = "queue"
    LISTED_IN: ClassVar = "v_alert"
    OWN_COLUMNS: ClassVar[Own] = {
        NARROW: ("level", "loss", "haste", "account", "who", "kind"),
        WIDE: ("level", "score", "loss", "haste", "account", "customer", "status", "used", "who", "kind"),
    }

    def first_order(self) -> None:
        """The surveyor brings the order at once."""

    def queue(self) -> Numbers | None:
        """The newest order by the filter; None while there is none."""
        return self.table.latest if self.table.total() else None

    def do_next(self, _: str) -> None:
        """Open the next alert."""
        found = self.desk.worklist.after(None)
        if found is None:
            self.desk.say(tr("ui.queue.over"))
        else:
            self.desk.open_account(found.account_id)

    def decided(self, account_id: str) -> None:
        """Put the cursor on the next one."""
        found = self.desk.worklist.after(self.account()) if self.desk.settings.console.auto_advance else None
        if found is not None:
            self.table.go_to(found.account)
            self.unseen()
