"""Ways between logins, and the map they are drawn on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from console.core.instants import HOUR
from console.ui.travel import legs
from console.ui.widgets.world import Map, around, is_land, land
from store.events import LoginRow

BEIJING, SHANGHAI, PARIS = (39.9042, 116.4074), (31.2304, 121.4737), (48.8566, 2.3522)


def login(seq: int, where: tuple[float, float] | None, at: int, account: str | None = "a", before=None) -> LoginRow:
    lat, lon = where or (None, None)
    before_at, before_lat, before_lon = before or (None, None, None)
    return LoginRow(
        seq, account, f"l{seq}", at, "success", None, None, lat, lon, None, 0, None, "{}", before_at, before_lat,
        before_lon,
    )  # fmt: skip


def test_distance_and_speed_from_the_last_login_with_a_place() -> None:
    found = legs([login(3, SHANGHAI, 4 * HOUR), login(2, None, 3 * HOUR), login(1, BEIJING, 2 * HOUR)])
    assert found.keys() == {3}
    assert 1060 < found[3].km < 1075
    assert abs(found[3].kmh - found[3].km / 2) < 1e-6


def test_the_oldest_read_is_measured_from_the_one_before_it() -> None:
    found = legs([login(9, PARIS, 10 * HOUR, before=(0, *SHANGHAI))])
    assert 9200 < found[9].km < 9300
    assert 900 < found[9].kmh < 950


def test_accounts_do_not_mix_and_nobody_has_no_way() -> None:
    rows = [login(4, PARIS, HOUR, None), login(3, BEIJING, HOUR, "b"), login(2, None, 0, "a"), login(1, PARIS, 0, "a")]
    assert legs(rows) == {}
    assert legs([]) == {}


def test_two_logins_at_once_count_a_second() -> None:
    found = legs([login(2, PARIS, 0), login(1, BEIJING, 0)])
    assert found[2].kmh == found[2].km * 3600


def test_the_raster_knows_land_from_water() -> None:
    assert {len(row) for row in land()} == {180}
    assert all(is_land(*place) for place in (BEIJING, (48.8, 5.0), (-25.0, 135.0), (40.0, -100.0), (0.0, 25.0)))
    assert not any(is_land(*place) for place in ((0.0, -30.0), (30.0, -160.0), (-50.0, 90.0), (90.0, 0.0)))


places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(st.lists(places, max_size=6), st.integers(10, 90), st.integers(4, 30))
def test_every_place_is_in_the_window_and_the_map_has_its_size(seen, width: int, height: int) -> None:
    window = around(seen, width, height)
    for lat, lon in seen:
        if -58 < lat < 84 and abs(lon) < 179:
            column, row = window.character((lat, lon))
            assert 0 <= column < width
            assert 0 <= row < height
    drawing = Map(window, Style())
    for begin, end in pairwise(seen):
        drawing.way(begin, end, Style(bold=True))
    for where in seen:
        drawing.sign(where, "a", Style())
    lines = drawing.lines()
    assert [cell_len(line.plain) for line in lines] == [width] * height
