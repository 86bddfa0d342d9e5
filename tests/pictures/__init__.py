"""The pictures of the README: what an editor completes, and what the gateway's console shows."""
