"""Screens whose list can be sorted by a column, shows chosen columns, and keeps filter, sort and columns as views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.language import tr
from console.ui import actions, views
from console.ui.screens.filtering import Filtering, Kept
from console.ui.text import clean
from console.ui.views import DOWN, UP, View, ViewError
from store.fields import nearest
from store.orders import Sort

OWN = "off"
"""Typed for the list's own order, or its own columns."""
SAVE, DROP = views.RESERVED


class Arranging(Filtering[Kept]):
    """A subclass says what it can sort by and which columns it has, and arranges itself anew when either changes."""

    def __init__(self) -> None:
        super().__init__()
        self.sort: Sort | None = None
        self.chosen: tuple[str, ...] = ()

    def sortable(self) -> Sequence[str]:
        """The columns that the list can be sorted by."""
        return ()

    def column_names(self) -> Sequence[str]:
        """The columns that may be chosen."""
        return ()

    def first_sort(self, column: str) -> Sort:
        """A column in the direction that is wanted first."""
        return Sort(column, falling=True)

    def arranged(self) -> None:
        """Show the list in the sort and with the columns as they are now."""

    # ------------------------------------------------------------ actions

    def do_sort(self, argument: str) -> None:
        """Sort by a column: `COLUMN`, again for the other way round, `COLUMN up` or `down`; `off` for its own order."""
        column, _, way = argument.partition(" ")
        known = self.sortable()
        if not known:
            self.desk.say(tr("ui.sort.fixed"), "warning")
        elif not argument:
            self._ask_for("sort ")
        elif column == OWN:
            self.show_sorted(None)
        elif column not in known or way not in ("", UP, DOWN):
            meant = nearest(column, known) or " ".join(known)
            self.desk.say(tr("ui.sort.unknown", column=clean(column, 24), meant=meant), "bad")
        elif way:
            self.show_sorted(Sort(column, way == DOWN))
        else:
            again = self.sort is not None and self.sort.column == column
            first = self.first_sort(column)
            self.show_sorted(Sort(column, not self.sort.falling) if again and self.sort else first)

    def show_sorted(self, sort: Sort | None) -> None:
        self.sort = sort
        self.arranged()

    def do_columns(self, argument: str) -> None:
        """Show these columns in this order; `off` shows the list's own."""
        known = self.column_names()
        wanted = tuple(dict.fromkeys(argument.replace(",", " ").split()))
        strange = next((name for name in wanted if name not in known), None)
        if not known:
            self.desk.say(tr("ui.columns.fixed"), "warning")
        elif not argument:
            self._ask_for(f"columns {' '.join((*self.chosen, ''))}")
        elif wanted == (OWN,):
            self._show_columns(())
        elif strange is not None:
            meant = nearest(strange, known) or " ".join(known)
            self.desk.say(tr("ui.columns.unknown", column=clean(strange, 24), meant=meant), "bad")
        else:
            self._show_columns(wanted)

    def _show_columns(self, chosen: tuple[str, ...]) -> None:
        self.chosen = chosen
        self.arranged()

    def do_view(self, argument: str) -> None:
        """Show a view by its name; `save NAME` keeps this list's filter, sort and columns, `drop NAME` forgets one."""
        word, _, name = argument.partition(" ")
        file, name = self.sight.home.views, name.strip()
        if not argument:
            self.do_views("")
            return
        try:
            if word == SAVE:
                views.save(file, self.NAME, name, View(self.filter, self.sort, self.chosen))
                self.desk.say(tr("ui.views.saved", name=name))
            elif word == DROP:
                views.drop(file, self.NAME, name)
                self.desk.say(tr("ui.views.dropped", name=name))
            else:
                self._show_view(argument)
        except ViewError as error:
            self.desk.say(clean(error), "bad")

    def do_views(self, _: str) -> None:
        """Ask which view to show; a mistake in the file is told."""
        mistakes = views.read(self.sight.home.views).mistakes
        self._ask_for("view ")
        if mistakes:
            self.desk.say(clean(mistakes[0]), "bad")

    def words_of_view(self, _: str) -> Iterable[str]:
        return (*views.of(self.sight.home.views, self.NAME), *(f"{word} " for word in views.RESERVED))

    def _show_view(self, name: str) -> None:
        known = views.of(self.sight.home.views, self.NAME)
        view = known.get(name)
        if view is None:
            mistakes = views.read(self.sight.home.views).mistakes
            meant = nearest(name, list(known)) or ", ".join(known)
            raise ViewError(mistakes[0] if mistakes else tr("ui.views.unknown", name=clean(name, 40), meant=meant))
        wrong = view.sort and view.sort.column not in self.sortable() and view.sort.column
        strange = next((column for column in view.columns if column not in self.column_names()), None)
        if wrong or strange:
            raise ViewError(tr("ui.views.no_column", name=name, column=wrong or strange))
        if self.apply_filter(view.filter):
            self.sort, self.chosen = view.sort, view.columns
            self.arranged()

    def words_of_sort(self, _: str) -> Iterable[str]:
        return (*self.sortable(), OWN)

    def words_of_columns(self, begun: str) -> Iterable[str]:
        before = begun[: begun.rfind(" ") + 1]
        return (before + name for name in self.column_names() if name not in before.split())

    def _ask_for(self, text: str) -> None:
        """Let a command be typed on."""
        self.ask(":", lambda typed: actions.completions(self, typed), text)

    def sort_words(self) -> str:
        """The sort as the heading tells it, empty for the list's own order."""
        return f"{marker(self.sort)}{self.sort.column}" if self.sort else ""


def marker(sort: Sort) -> str:
    """What stands before the column that a list is sorted by."""
    return "▾" if sort.falling else "▴"
