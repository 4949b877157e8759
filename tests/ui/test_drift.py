"""What the list shows is what the views say, and the soak's comparison would notice if it were not."""

from __future__ import annotations

from itertools import pairwise

from console.bench.drift import Shown, Truth, listed
from console.paths import Home
from tests.ui.conftest import Desk
from tests.ui.screens import frame, ready, shown


async def test_the_lines_of_the_list_agree_with_the_views_and_others_do_not(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)):
        await ready(app)
        await shown(app, "◆9")
        rows, exponents = frame(app).splitlines(), app.sight.situation.exponents
    told = list(listed(rows))
    truth = Truth(home.mirror, exponents)
    truth.ask([one.about for one in told if one.about])
    assert len(told) > 30
    assert [one for one in told if truth.agrees(one) is not True] == []
    wrong = [Shown(one.about, other.text) for one, other in pairwise(told[1:])]
    assert any(truth.agrees(one) is False for one in wrong)
    assert truth.agrees(Shown("acc_unheard_of", "")) is None
