"""Counters for monitoring: the number of each outcome in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["Counters"]


class Counters(Mapping[str, int]):
    """Counts by name, starting at 0. Threads can share one instance."""

    def __init__(self, *names: str) -> None:
        from threading import Lock  # a lock is no I/O

        self._counts = dict.fromkeys(names, 0)
        self._lock = Lock()

    def add(self, name: str) -> None:
        """Increment a count."""
        with self._lock:
            self._counts[name] += 1

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"<Counters {', '.join(f'{name}={many}' for name, many in self.items())}>"
