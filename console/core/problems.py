"""What can go wrong with the core, as typed errors."""

from __future__ import annotations

from console.core.instants import SECOND, Instant
from console.core.messages import UNREADABLE, Problem, decoder

_PROBLEM = decoder(Problem)

REQUEST_TIMEOUT = 408


class CoreUnreachable(Exception):
    """No readable answer came: refused, broken off, timed out or unreadable. Whether anything happened is unknown."""


class Unreadable(CoreUnreachable):
    """The core answered a read in JSON that can't be understood: it is there, but what was asked for can't be had."""


class CoreProblem(Exception):
    """The core answered with an error.

    `problem.effect` is 'none' when the request changed nothing, 'unknown' when it may have. `retry_after_s` is what the
    core asked for, in seconds, or None. `core_clock` is an instant that the core's own clock had reached when it
    answered: its `server_time`, else the Date header (`date`) less the second it may be off by; None without either.
    """

    def __init__(self, problem: Problem, retry_after_s: float | None = None, date: Instant | None = None) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail or problem.title}")
        self.problem = problem
        self.status = problem.status
        self.retry_after_s = retry_after_s
        self.core_clock = problem.server_time or (Instant(date - SECOND) if date else None)


def read_problem(status: int, body: bytes) -> Problem:
    """The problem in an error's body; a body that is none is judged by its status alone (contract, section 8)."""
    try:
        problem: Problem = _PROBLEM.decode(body)
    except UNREADABLE:
        return _judged_by_status(status)
    return problem if problem.status == status else _judged_by_status(status)


def _judged_by_status(status: int) -> Problem:
    harmless = 400 <= status < 500 and status != REQUEST_TIMEOUT
    return Problem(
        type="about:blank",
        title=f"HTTP {status} without a readable problem",
        status=max(400, min(status, 599)),
        code=f"http_{status}",
        effect="none" if harmless else "unknown",
        retryable=not harmless,
    )
