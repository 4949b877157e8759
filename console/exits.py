"""Exit codes of every riskdesk command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code means."""

    OK = 0
    FAILED = 1
    """It ran and the answer is no: a check failed, a file can't be used."""
    USAGE = 2
    """The command line or a setting is wrong."""
    REFUSED = 3
    """The core refused the command, or it needs a person's decision; nothing was changed."""
    UNCONFIRMED = 4
    """The time was over before the core confirmed; the watcher goes on with it."""
    UNREACHABLE = 5
    """The core does not answer."""
    ALREADY_WATCHED = 6
    """Another watcher holds this home."""
