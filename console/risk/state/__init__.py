"""What the engine remembers of accounts, merchants, devices and IPs, each kind keyed by entity and splittable by it."""
