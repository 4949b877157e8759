"""Speaks the contract with the core: typed messages, one HTTP client, the feed, problems."""
