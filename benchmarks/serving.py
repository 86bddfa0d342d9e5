"""Starting the server, and being sure that it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .merchant import Keys


@contextmanager
def serving(keys: Keys, signed_sizes: Sequence[int] = ()) -> Iterator[str]:
    """Run the server in another process; yields its base URL.

    Args:
        keys: both sides'.
        signed_sizes: of the signed files that will be asked for.
    """
    # A session of its own: on Ctrl-C it ends because its standard input does, without a traceback.
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{keys.dumps()}\n{json.dumps(list(signed_sizes))}\n")
        process.stdin.flush()
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
