"""Storage of a gateway: records, ledger, clock, keys, data directory."""
