"""Benchmarks, run by `riskdesk bench`: whole processes, compared in one run, apart from the tests."""
