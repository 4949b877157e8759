"""A screen that is left keeps nothing of what was painted, so that an evening of screens takes no more memory."""

from __future__ import annotations

from textual.widget import Widget

from tests.ui.conftest import Desk
from tests.ui.screens import ready, shown, until


async def test_what_was_painted_goes_with_its_screen(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("feeds")
        await shown(app, "pid 4242")
        widgets = [*app.screen.walk_children(Widget)]
        assert any(widget._styles_cache._cache for widget in widgets)
        app.perform("watch")
        await until(lambda: app.screen.NAME == "watch", "the list")
        await until(lambda: not any(widget._styles_cache._cache for widget in widgets), "empty caches")
        await shown(app, "acc_000012")
