"""Sockets, HTTP, inspection, dispatch, faults, the log of requests."""
