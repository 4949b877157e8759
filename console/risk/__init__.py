"""Pure decisions on columns of facts: state, features, rules, score, alerts. No SQL, no HTTP, no clock, no I/O."""
