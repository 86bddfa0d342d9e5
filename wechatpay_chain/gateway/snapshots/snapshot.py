"""A snapshot of a gateway, in memory or as a file.

The file is an SQLite database. It contains the gateway's records, and one more record with the
keys, the time and the faults. Anyone who can read it has the private keys of the gateway's
merchants.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ...utils import private_files
from ...utils.display import printable
from ...utils.files import replace, why_not
from ...utils.translation import _
from ..server.faults import Fault, Faults
from ..store.identity import Identity
from ..store.store import Store, UnknownFormat
from .keys import identities_from, keys_as_json

__all__ = ["Snapshot", "SnapshotError"]

KIND, KEY = "snapshot", "content"
"""Kind and key of the additional record in a file."""
LARGEST = 2 * 1024**3
"""Maximum size of a file in bytes, because its content is loaded into memory."""


class SnapshotError(ValueError):
    """Raised if a file is not a snapshot, or cannot be read or written."""


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """The state of a gateway at one moment.

    `Gateway.snapshot` takes a snapshot. The snapshot does not change afterwards. You can restore it
    any number of times.

    Attributes:
        identities: keys of the merchants by number, with the first merchant first. Merchants whose
            keys had not been generated yet are missing.
        moment: the gateway's time of the snapshot, in seconds since 1970.
        taken: the real time of the snapshot, in seconds since 1970.
        faults: the faults that were set.
    """

    _store: Store
    identities: Mapping[str, Identity]
    moment: float
    taken: float
    faults: tuple[Fault, ...] = ()
    _nonces: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _requests: tuple[dict[str, Any], ...] = ()

    @property
    def first(self) -> Identity:
        """The keys of the first merchant and of the platform."""
        return next(iter(self.identities.values()))

    def save(self, path: str | Path) -> None:
        """Write the snapshot to a file.

        The file contains private keys, so only its owner can read it. It does not contain the
        request log.

        Args:
            path: path of the file. An existing file is replaced.

        Raises:
            SnapshotError: the file cannot be written.
        """
        content = {
            "moment": self.moment,
            "taken": self.taken,
            "faults": [each.as_json() for each in self.faults],
            "keys": keys_as_json(self.identities),
        }
        store, path = self._store.copy(), Path(path)
        store.put(KIND, KEY, content)
        try:
            part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
            private_files.claim(part)
            try:
                store.save(part)
                replace(part, path)
            finally:
                part.unlink(missing_ok=True)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise SnapshotError(
                _("{path} cannot be written: {reason}", path=path, reason=_reason(error))
            ) from error
        finally:
            store.close()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a snapshot from a file that `save` has written.

        Args:
            path: path of the file.

        Raises:
            SnapshotError: the file cannot be read, or is not a snapshot of this version.
        """
        path = Path(path)
        try:
            if path.stat().st_size > LARGEST:
                raise SnapshotError(
                    _("{path} has more than {largest} bytes", path=path, largest=LARGEST)
                )
            store = Store.load(path)
        except (OSError, ValueError, UnknownFormat, sqlite3.Error) as error:
            if isinstance(error, SnapshotError):
                raise
            raise SnapshotError(
                _("{path} cannot be read: {reason}", path=path, reason=_reason(error))
            ) from error
        content = store.get(KIND, KEY)
        if content is None:
            raise SnapshotError(
                _("{path} is not a snapshot; create one with Snapshot.save", path=path)
            )
        store.delete(KIND, KEY)
        try:
            faults = Faults()
            for each in content["faults"]:
                faults.add(**each)
            identities = identities_from(content["keys"])
            moment, taken = float(content["moment"]), float(content["taken"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise SnapshotError(
                _("{path} is damaged: {error}", path=path, error=printable(error, 200))
            ) from error
        return cls(store, identities, moment, taken, tuple(faults.all()))

    def __repr__(self) -> str:
        return f"<Snapshot of merchant {self.first.mchid}>"


def _reason(error: Exception) -> str:
    return why_not(error) if isinstance(error, OSError) else printable(error, 200)
