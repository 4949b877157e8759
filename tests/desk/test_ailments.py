"""Every way in which a file can fail is told in words, in both languages, and by what it really is."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console import language
from console.desk import ailments
from store import files
from store.files import Ailment, Lost, StoreError, ailment
from store.journal import Journal
from store.mirror import Mirror


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "some.db"
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
        connection.commit()
    return made


def full(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def locked(path: Path) -> None:
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def closed(path: Path) -> None:
    files.reader(path).execute("INSERT INTO t VALUES (1)")


def unopenable(path: Path) -> None:
    sqlite3.connect(path.parent / "nowhere" / "x.db").execute("SELECT 1 FROM t")


def no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    files.reader(path)


def torn(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(x) FROM t").fetchall()


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (full, "full"),
        (locked, "locked"),
        (closed, "closed"),
        (unopenable, "closed"),
        (no_database, "damaged"),
        (torn, "damaged"),
    ],
)
@pytest.mark.parametrize("code", language.LANGUAGES)
def test_what_sqlite_says_of_a_file_is_told_in_words(
    path: Path, harm: Callable[[Path], None], kind: Ailment, code: str
) -> None:
    with pytest.raises((sqlite3.Error, StoreError)) as failed:
        harm(path)
    assert ailment(failed.value) == kind
    language.use(code)
    try:
        said = ailments.words(failed.value, path.parent)
    finally:
        language.use("en")
    assert said is not None
    assert str(path.parent) in said or kind == "damaged"
    assert not said.startswith("ailment.")


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "closed"), (errno.ENOENT, None)]
)
def test_what_the_system_says_is_told_too(number: int, kind: Ailment | None) -> None:
    error = StoreError("x")
    error.__cause__ = OSError(number, "x")
    assert ailment(error) == ailment(OSError(number, "x")) == kind


def test_another_error_is_no_ailment(tmp_path: Path) -> None:
    assert ailments.words(ValueError("x"), tmp_path) is None
    assert ailments.words(sqlite3.OperationalError("no such table"), tmp_path) is None
    assert ailment(StoreError("there is no journal")) is None


@pytest.mark.parametrize("kind", [Journal, Mirror])
@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.rename(path.with_suffix(".moved"))])
def test_nothing_is_written_to_a_file_that_is_no_longer_there(
    tmp_path: Path, kind: Callable[[Path], Journal | Mirror], harm: Callable[[Path], object]
) -> None:
    opened = kind(tmp_path / "some.db")
    harm(tmp_path / "some.db")
    with pytest.raises(Lost), opened.transaction():
        raise AssertionError("begun all the same")
    assert ailment(Lost("x")) == "damaged"
