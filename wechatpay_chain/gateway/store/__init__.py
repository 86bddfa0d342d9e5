"""The state of a gateway: records, ledger, time, keys, and the data directory."""
