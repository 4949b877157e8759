"""What became of our newest decision stays in the status line while the next account is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.core import commands
from console.core.instants import MINUTE
from console.paths import Home
from console.ui.former import GRAVEST, SHOWN_FOR, former
from store.journal import Journal, Move
from store.life import State
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW
from tests.ui.screens import frame, ready, shown, until
from tests.ui.test_again import decided


def test_the_gravest_of_what_was_decided_together_is_told(home: Home) -> None:
    decided(home, commands.freeze("acc_000009", "account_takeover"), State.CONFIRMED, "old", NOW - 9 * MINUTE)
    decided(home, commands.verdict("acc_000003", "fraud"), State.CONFIRMED, "v", NOW - MINUTE)
    decided(home, commands.freeze("acc_000003", "account_takeover"), State.REJECTED, "f", NOW - MINUTE)
    journal = Journal(home.journal)
    told = former(journal.recent(9), "f")
    journal.close()
    assert told is not None
    assert (told.account_id, told.state) == ("acc_000003", State.REJECTED)


@given(st.lists(st.sampled_from(tuple(State)), min_size=1, max_size=4))
def test_every_state_has_its_gravity(states: list[State]) -> None:
    assert set(GRAVEST) == set(State)
    assert min(states, key=GRAVEST.index) in states


async def test_it_is_in_sight_on_the_next_account_and_goes_after_a_while(home: Home, desk: Desk) -> None:
    clock = [NOW]
    app = desk(clock=lambda: clock[0])
    async with app.run_test(size=(80, 24)):
        await ready(app)
        decided(home, commands.freeze("acc_000003", "account_takeover"), State.QUEUED, "f", NOW)
        app.sight.latest = "f"
        app.look()
        app.open_account("acc_000007")
        await shown(app, "◌ acc_000003 queued")
        journal = Journal(home.journal)
        journal.begin_attempt("f", NOW)
        journal.settle("f", Move(to=State.CONFIRMED), NOW)
        journal.close()
        await shown(app, "✓ acc_000003 confirmed")
        clock[0] += SHOWN_FOR
        app.look()
        await until(lambda: "acc_000003 confirmed" not in frame(app).splitlines()[0], "its end")
