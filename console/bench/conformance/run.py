"""`riskdesk conformance`: runs the kit and prints what came of it, as a table or as one JSON object."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from console.bench.conformance.examine import Asked, Result, Tokens, Unreachable, Unusable, all_checks, examine
from console.bench.conformance.verdict import Verdict
from console.exits import Exit
from console.language import tr
from console.ui.text import clean

SECOND_TOKEN = "RISKDESK_SECOND_TOKEN"  # noqa: S105 - the variable's name
"""The environment variable with the second person's token."""
LONGEST = 600


def run(origin: str, tokens: Tokens, asked: Asked, *, as_json: bool) -> int:
    """Examine the core at `origin`, print the verdicts, and return an exit code.

    0 when no check failed and nothing was left behind, 1 otherwise, 2 for a wrong origin or check name, 5 when the core
    is out of reach.
    """
    unknown = sorted(set(asked.only) - {check.name for check in all_checks()})
    if unknown:
        return _refuse(tr("conformance.no_check", names=", ".join(unknown)), Exit.USAGE)
    try:
        result = asyncio.run(examine(origin, tokens, asked))
    except Unreachable as error:
        return _refuse(str(error), Exit.UNREACHABLE)
    except Unusable as error:
        return _refuse(str(error), Exit.FAILED)
    except ValueError as error:
        return _refuse(str(error), Exit.USAGE)
    if as_json:
        print(json.dumps(as_object(origin, result), ensure_ascii=False))
    else:
        _print(origin, result)
    return Exit.FAILED if result.count("fail") or result.left else Exit.OK


def as_object(origin: str, result: Result) -> dict[str, Any]:
    """The report for other programs: who was examined, counts, and one object a check."""
    return {
        "core": origin,
        "institution": result.meta.institution,
        "api_version": result.meta.api_version,
        "subject": result.meta.you.subject,
        "epoch": result.meta.feed.epoch,
        "answers": result.answers,
        "passed": result.count("pass"),
        "failed": result.count("fail"),
        "skipped": result.count("skipped"),
        "left_behind": result.left,
        "checks": [_check_object(verdict) for verdict in result.verdicts],
    }


def _check_object(verdict: Verdict) -> dict[str, Any]:
    told = {"expected": verdict.expected, "seen": verdict.seen, "why": verdict.why}
    return {
        "name": verdict.check.name,
        "section": verdict.check.section,
        "states": tr(f"conformance.{verdict.check.name}"),
        "verdict": verdict.outcome,
        "seconds": round(verdict.seconds, 3),
        **{name: text for name, text in told.items() if text},
    }


def _print(origin: str, result: Result) -> None:
    meta = result.meta
    about = {"core": origin, "institution": clean(meta.institution), "subject": clean(meta.you.subject)}
    print(tr("conformance.about", **about))
    for verdict in result.verdicts:
        mark, check = tr(f"conformance.mark_{verdict.outcome}"), verdict.check
        print(f"{mark}  {check.name:24} {check.section:9} {tr(f'conformance.{check.name}')}")
        if verdict.outcome == "fail":
            print(f"{'':6}{tr('conformance.expected', text=clean(verdict.expected, LONGEST))}")
            print(f"{'':6}{tr('conformance.seen', text=clean(verdict.seen, LONGEST))}")
        elif verdict.outcome == "skipped":
            print(f"{'':6}{clean(verdict.why, LONGEST)}")
    counts = {"passed": result.count("pass"), "failed": result.count("fail"), "skipped": result.count("skipped")}
    print(tr("conformance.summary", answers=result.answers, **counts))
    for left in result.left:
        print(tr("conformance.left", what=clean(left, LONGEST)))


def _refuse(text: str, code: Exit) -> int:
    print(tr("cli.error", error=clean(text, LONGEST)), file=sys.stderr)
    return code
