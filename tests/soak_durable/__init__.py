"""The durable parts for hours in minutes: processes that die, a database that restarts."""
