"""The command path under faults: a line that lies, watchers killed, other people, and a judge of the core's ledger."""
