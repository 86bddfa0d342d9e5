"""`python -m tests.fuzz TARGET [SECONDS]`: fuzz one target with atheris, from its kept inputs.

A finding ends the run with exit code 77 and leaves its input in `build/fuzz/TARGET/`.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path("build/fuzz")
SECONDS_A_CALL = 1.0
"""Processor seconds that one input may take."""
MEGABYTES = 2048

with atheris.instrument_imports(include=["wechatpay_chain", "xmltodict"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz the target that the command line names."""
    name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "1200"
    target = TARGETS[name]
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    corpus = found / "corpus"
    corpus.mkdir(exist_ok=True)

    def once(data: bytes) -> None:
        begin = time.process_time()
        target(data)
        taken = time.process_time() - begin
        if taken > SECONDS_A_CALL:
            raise AssertionError(f"one input took {taken:.2f} s of processor time")

    for seed in sorted((CORPUS / name).iterdir()):
        target(seed.read_bytes())  # loads everything once, so that no input pays for it
    options = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEGABYTES}",
        "-timeout=60",
        "-max_len=4096",
        "-print_final_stats=1",
        "-verbosity=0",
        f"-artifact_prefix={found}/",
        str(corpus),
        str(CORPUS / name),
    ]
    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
