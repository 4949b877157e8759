"""The conformance kit: an institution's own core against the contract, over HTTP.

Every statement is a small function in one of the modules of checks, registered under its name with the contract's
section it proves; checks are independent of each other. Commands are sent only when asked for, on borrowed accounts,
and undone. `examine` runs the checks, `run` is the command line's way in.
"""

from console.bench.conformance.examine import Asked, Tokens
from console.bench.conformance.run import SECOND_TOKEN, run

__all__ = ["SECOND_TOKEN", "Asked", "Tokens", "run"]
