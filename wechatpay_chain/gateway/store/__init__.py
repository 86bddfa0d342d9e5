"""What a gateway keeps: records, the ledger, time, keys, the data directory."""
