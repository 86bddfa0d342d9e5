"""Sockets, HTTP, inspection, dispatch, faults and the request log."""
