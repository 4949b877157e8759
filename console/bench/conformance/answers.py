"""Checks of every answer that the kit got: they come last and say what the inspection found."""

from __future__ import annotations

from console.bench.conformance.trial import Trial
from console.bench.conformance.verdict import check, fail


@check("openapi")
async def shapes(trial: Trial) -> None:
    """Every answer, and every resource in it, has the shape that the OpenAPI document gives it."""
    _found(trial, "schema", "answers as the OpenAPI document says")


@check("1")
async def headers(trial: Trial) -> None:
    """Every answer has a Date, success is application/json, 429 and 503 say when to come again."""
    _found(trial, "headers", "Date, Content-Type and Retry-After on every answer")


@check("8")
async def problems(trial: Trial) -> None:
    """Every error is application/problem+json with the code and effect that its status calls for."""
    _found(trial, "problems", "a problem of section 8 in every error")


def _found(trial: Trial, kind: str, expected: str) -> None:
    faults = trial.inspection.counts.get(kind, 0)
    if faults:
        fail(
            expected,
            f"{faults} faults in {trial.inspection.answers} answers: {'; '.join(trial.inspection.shown[kind])}",
        )
