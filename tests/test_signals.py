"""An event that signals set, wherever they interrupt the main thread."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from tests.cli.support import plain_environment
from wechatpay_chain.utils.signals import stopped_by

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")

EVERY_LINE = """
import queue, signal, sys, threading
from wechatpay_chain.utils.signals import stopped_by

FILES = {threading.__file__, queue.__file__}
countdown = 0

def trace(frame, event, _):
    global countdown
    if frame.f_code.co_filename not in FILES:
        return None
    if event == "line":
        countdown -= 1
        if countdown == 0:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
    return trace

line = 0
while countdown <= 0:  # until a wait has fewer lines than are counted down
    line += 1
    countdown = line
    waiting = queue.Queue()
    with stopped_by(signal.SIGTERM, signal.SIGINT, wake=lambda: waiting.put(None)) as stop:
        sys.settrace(trace)
        stop.wait(0.05)
        if countdown <= 0:
            waiting.get()
        sys.settrace(None)
        assert countdown > 0 or stop.wait(30)
print(line)
"""


def test_signals_on_any_line_of_a_wait_set_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", EVERY_LINE],
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 20, "a wait has more lines than that"


def test_the_handlers_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by(signal.SIGTERM) as stop:
        assert signal.getsignal(signal.SIGTERM) is not before
        assert not stop.is_set()
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_leaves_the_handlers_alone() -> None:
    before, during = signal.getsignal(signal.SIGTERM), list[object]()

    def run() -> None:
        with stopped_by(signal.SIGTERM) as stop:
            during.extend((signal.getsignal(signal.SIGTERM), stop.is_set()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert during == [before, False]
