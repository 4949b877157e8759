"""A map of the world in braille dots: coasts faintly, places and the ways between them over them.

`world.txt` holds a row of cells for every 2 degrees from 84° north to 58° south, `#` where at least half of a cell is
land. It was made from the GLOBE elevation model of the United States' NOAA, which is in the public domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rich.style import Style
from rich.text import Text

from console.ui.travel import Place

CELL = 2.0
NORTH, WEST = 84.0, -180.0
DOTS_ACROSS, DOTS_DOWN = 2, 4
"""Dots in a character; they are about as wide as high."""
BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character, by row and column."""
MARGIN = 1.3
CLOSEST = 60.0
"""The least number of degrees that a map shows from west to east."""


@cache
def land() -> tuple[str, ...]:
    """The rows of the raster, from north to south."""
    return tuple((Path(__file__).parents[1] / "world.txt").read_text(encoding="ascii").splitlines())


def is_land(lat: float, lon: float) -> bool:
    row, column = int((NORTH - lat) // CELL), int((lon - WEST) % 360 // CELL)
    return 0 <= row < len(land()) and land()[row][column] == "#"


@dataclass(frozen=True)
class Window:
    """What a map of so many characters shows: its north-western corner, and degrees per dot."""

    north: float
    west: float
    degrees: float
    width: int
    height: int

    def dot(self, place: Place) -> tuple[int, int]:
        """(column, row) of a place's dot; it may lie outside."""
        lat, lon = place
        return int((lon - self.west) // self.degrees), int((self.north - lat) // self.degrees)

    def character(self, place: Place) -> tuple[int, int]:
        """(column, row) of a place's character; it may lie outside."""
        column, row = self.dot(place)
        return column // DOTS_ACROSS, row // DOTS_DOWN


def around(places: Iterable[Place], width: int, height: int) -> Window:
    """The closest window of so many characters that shows all the places; the world when there is none."""
    across, down = width * DOTS_ACROSS, height * DOTS_DOWN
    whole = max(360.0 / across, len(land()) * CELL / down)
    known = list(places)
    if not known:
        return _centred(0.0, (NORTH + NORTH - len(land()) * CELL) / 2, whole, width, height)
    lats, lons = [place[0] for place in known], [place[1] for place in known]
    needed = max((max(lons) - min(lons)) * MARGIN / across, (max(lats) - min(lats)) * MARGIN / down, CLOSEST / across)
    if needed >= whole:
        return around((), width, height)
    return _centred((max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2, needed, width, height)


def _centred(lon: float, lat: float, degrees: float, width: int, height: int) -> Window:
    west, north = lon - degrees * width * DOTS_ACROSS / 2, lat + degrees * height * DOTS_DOWN / 2
    return Window(north, west, degrees, width, height)


@lru_cache(maxsize=16)
def shores(window: Window) -> tuple[tuple[int, int], ...]:
    """The dots (column, row) of land that touch water in a window."""
    across, down = range(window.width * DOTS_ACROSS), range(window.height * DOTS_DOWN)
    firm = {
        (column, row)
        for row in range(-1, len(down) + 1)
        for column in range(-1, len(across) + 1)
        if is_land(window.north - (row + 0.5) * window.degrees, window.west + (column + 0.5) * window.degrees)
    }
    return tuple(
        (column, row)
        for column, row in firm
        if column in across
        and row in down
        and not {(column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)} <= firm
    )


class Map:
    """A drawing of dots and signs; what is put on later covers what is there, character by character."""

    def __init__(self, window: Window, coast: Style) -> None:
        self.window = window
        self._dots: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], Style] = {}
        self._signs: dict[tuple[int, int], str] = {}
        for column, row in shores(window):
            self._set(column, row, coast)

    def way(self, begin: Place, end: Place, style: Style) -> None:
        """A straight line of dots from place to place."""
        (column, row), (to_column, to_row) = self.window.dot(begin), self.window.dot(end)
        steps = max(abs(to_column - column), abs(to_row - row), 1)
        for step in range(steps + 1):
            across, down = (to_column - column) * step / steps, (to_row - row) * step / steps
            self._set(round(column + across), round(row + down), style)

    def sign(self, place: Place, character: str, style: Style) -> None:
        """A character of one cell at a place."""
        where = self.window.character(place)
        self._signs[where], self._styles[where] = character, style

    def lines(self) -> list[Text]:
        """The map, a line for each row of characters."""
        return [self._line(row) for row in range(self.window.height)]

    def _line(self, row: int) -> Text:
        line = Text()
        for column in range(self.window.width):
            where = (column, row)
            dots = self._dots.get(where, 0)
            line.append(self._signs.get(where) or (chr(BRAILLE + dots) if dots else " "), self._styles.get(where))
        return line

    def _set(self, column: int, row: int, style: Style) -> None:
        where = (column // DOTS_ACROSS, row // DOTS_DOWN)
        if not (0 <= where[0] < self.window.width and 0 <= where[1] < self.window.height):
            return
        bit = DOTS[row % DOTS_DOWN][column % DOTS_ACROSS]
        if self._styles.get(where) != style:
            self._dots[where] = 0
        self._dots[where] = self._dots.get(where, 0) | bit
        self._styles[where] = style
