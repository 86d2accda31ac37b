"""Keeps a few processes up and ends them in order: the supervisor behind ``make run``."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CRASHES, WITHIN_SECONDS = 5, 60
STOP_SECONDS = 25
READY_SECONDS = 120


class StartError(Exception):
    """Why Obieg does not start or run on, as one sentence for the person at the keyboard."""


class Stopped(Exception):
    """Ctrl-C or SIGTERM arrived."""


@dataclass
class Child:
    """A process that must stay up."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ends: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the launcher only, which stops all in order."""
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )


def _end_with_parent() -> None:
    """In the child: be told to stop when the launcher is killed hard (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def supervise(children: list[Child], host: str, port: int, welcome: str, look: Callable[[], None]) -> None:
    """Start the children and keep them up until :class:`Stopped`; ``look`` is called about once a second."""
    try:
        for child in children:
            child.start()
        told, begun = False, time.monotonic()
        while True:
            look()
            for child in children:
                _keep_up(child)
            if not told and _answers(host, port):
                print(welcome, flush=True)
                told = True
            elif not told and time.monotonic() - begun > READY_SECONDS:
                raise StartError("The web server does not answer; its words are above.")
            time.sleep(1 if told else 0.2)
    finally:
        stop_children(children)


def _keep_up(child: Child) -> None:
    assert child.process is not None
    code = child.process.poll()
    if code is None:
        return
    now = time.monotonic()
    child.ends = [end for end in child.ends if now - end < WITHIN_SECONDS] + [now]
    if len(child.ends) >= CRASHES:
        raise StartError(
            f"The {child.name} ended {CRASHES} times within a minute (last exit code {code}); its words are above."
        )
    print(f"The {child.name} ended with exit code {code} and is started again.", file=sys.stderr, flush=True)
    time.sleep(len(child.ends) - 1)
    child.start()


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=30)  # noqa: S104
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def stop_children(children: list[Child]) -> None:
    """Ask all to stop, wait, then insist; whole process groups, so that nothing stays behind."""
    running = [child for child in children if child.process is not None and child.process.poll() is None]
    for child in running:
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in running:
        assert child.process is not None
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, Stopped):
            print(f"The {child.name} does not stop and is ended.", file=sys.stderr, flush=True)
            deadline = time.monotonic()
            _signal_group(child, signal.SIGKILL)
            child.process.wait()
    for child in children:
        _signal_group(child, signal.SIGKILL)


def _signal_group(child: Child, number: signal.Signals) -> None:
    if child.process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)
