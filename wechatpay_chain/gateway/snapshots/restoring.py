"""Takes a snapshot of a platform, and restores one.

Both block all other threads from the records. A request is therefore processed either completely or
not at all: the server drops a request that was received but not processed before a restore, and the
result of an attempt to deliver a notification.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from ...utils.translation import _
from ..platform import Platform
from ..store.data_directory import DataDirectoryError, save_identity
from ..store.identity import Identity
from ..store.merchant_keys import save_merchant
from .snapshot import Snapshot

__all__ = ["restore", "restored", "take"]


def take(platform: Platform) -> Snapshot:
    """Return a snapshot of a platform's current state.

    Raises:
        RuntimeError: this thread is in a transaction.
    """
    shared = platform.shared
    with platform.store.alone():
        states = {platform.first.mchid: platform.first, **platform.states}
        return Snapshot(
            platform.store.copy(),
            {mchid: each.identity for mchid, each in states.items() if each.has_keys},
            platform.clock.now(),
            time.time(),
            tuple(shared.faults.copy()),
            {mchid: each.nonces.copy() for mchid, each in states.items()},
            tuple(shared.log.copy()),
        )


def restored(
    snapshot: Snapshot | str | Path,
    identity: Identity | None,
    directory: Path | None,
    time_scale: float,
    *,
    keep: bool,
    show_secrets: bool = False,
) -> Platform:
    """Return a new platform with the state of a snapshot; `Gateway` documents the arguments.

    Raises:
        DataDirectoryError: the directory cannot be used, or contains records or keys of a gateway.
        SnapshotError: the snapshot cannot be read.
        ValueError: both an identity and a snapshot are given.
    """
    if identity is not None:
        raise ValueError(_("pass identity or snapshot, not both: a snapshot contains keys"))
    if not isinstance(snapshot, Snapshot):
        snapshot = Snapshot.load(snapshot)
    if directory is not None and (directory / "keys").exists():
        raise DataDirectoryError(
            _(
                "{directory} already contains the keys of a gateway, and the snapshot would "
                "replace them",
                directory=directory,
            ),
            _("choose another directory, or pass only one of the two"),
        )
    platform = Platform(snapshot.first, directory, time_scale, keep=keep, show_secrets=show_secrets)
    try:
        restore(platform, snapshot)
    except BaseException:
        platform.close()
        raise
    return platform


def restore(platform: Platform, snapshot: Snapshot, *, elapsed: bool = False) -> None:
    """Restore a platform to the state of a snapshot.

    Args:
        platform: platform to change.
        snapshot: a snapshot of the same platform or of another one.
        elapsed: True adds the time that has passed since the snapshot.

    Raises:
        DataDirectoryError: the keys cannot be written.
        RuntimeError: this thread is in a transaction.
    """
    shared = platform.shared
    with platform.store.alone():
        if platform.directory is not None:
            save_identity(snapshot.first, platform.directory)
            for identity in list(snapshot.identities.values())[1:]:
                save_merchant(identity, platform.directory)
        platform.store.replace(snapshot._store)
        platform.read_merchants(snapshot.identities)
        for mchid, state in platform.states.items():
            state.nonces.replace(snapshot._nonces.get(mchid, {}))
        shared.faults.replace(replace(each) for each in snapshot.faults)
        shared.log.replace(snapshot._requests)
        passed = (time.time() - snapshot.taken) * platform.clock.scale if elapsed else 0
        platform.clock.turn_to(snapshot.moment + passed)
        if platform.keeps:
            platform.keep_time()
    shared.wake()
    shared.log.tell("restored", {})
