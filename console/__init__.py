"""riskdesk: the terminal console of the on-call risk desk."""

__version__ = "0.1.0"
