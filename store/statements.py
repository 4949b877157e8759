"""Several SQL statements in one text."""

from __future__ import annotations

from sqlite_utils import Database


def execute_all(database: Database, script: str) -> None:
    """Execute each statement of a text in the transaction that is open; one ends with `;` at the end of its line."""
    for statement in script.split(";\n"):
        if statement.strip():
            database.execute(statement)
