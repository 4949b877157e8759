"""What stands on a terminal's screen, from what a program painted there: enough of a terminal for the console.

The console places its cursor, sets colours, writes text that never wraps, and goes to the next line; nothing else of
what it writes changes the screen.
"""

from __future__ import annotations

import codecs
import re

from rich.cells import cell_len

PART = re.compile(
    r"\x1b\[(?P<place>\d+;\d+)H|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]"
    r"|(?P<text>[^\x00-\x1f\x7f\x1b]+)|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)
BLANK = " "


class Screen:
    """A grid of characters; one that is two cells wide is followed by an empty one."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns = columns
        self._cells = [[BLANK] * columns for _ in range(lines)]
        self._line = self._column = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def paint(self, painted: bytes) -> None:
        """Take what the program wrote; what is not complete yet waits for the rest of it."""
        text = self._rest + self._decoder.decode(painted)
        at = 0
        while match := PART.match(text, at):
            if match["text"] is not None:
                self._write(match["text"])
            elif match["place"] is not None:
                line, column = match["place"].split(";")
                self._line, self._column = int(line) - 1, int(column) - 1
            elif match["control"] == "\r":
                self._column = 0
            elif match["control"] == "\n":
                self._line += 1
            at = match.end()
        self._rest = text[at:]

    def rows(self) -> list[str]:
        """The lines as text, without spaces at their ends."""
        return ["".join(cells).rstrip() for cells in self._cells]

    def _write(self, text: str) -> None:
        for character in text:
            width = cell_len(character)
            if not 0 <= self._line < len(self._cells) or self._column + width > self._columns:
                return
            cells = self._cells[self._line]
            cells[self._column : self._column + width] = [character, *[""] * (width - 1)]
            self._column += width
