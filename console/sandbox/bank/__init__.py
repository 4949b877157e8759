"""State and rules of the core; the only SQL of the sandbox."""

from console.sandbox.bank.bank import Bank

__all__ = ["Bank"]
