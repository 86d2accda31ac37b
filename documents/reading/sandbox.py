"""Run one function over one foreign file in a child process that cannot hurt its parent.

The child is a fresh isolated interpreter in its own session, with limits on address space, processor time, file size
and open files, an almost empty environment, a temporary folder that is removed, no sockets and no further programs. It
is killed with everything it started when its time is over. Only the standard library is used here and in `child`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("child.py")
MB = 1024 * 1024


class Reason(StrEnum):
    """Why a file could not be read. Stable codes: stored, counted, translated where shown."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    BROKEN = "broken"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"


class ReadingError(Exception):
    """A file that a reader will not or cannot read; `detail` is for the log, without any of the file's text."""

    def __init__(self, reason: Reason | str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = Reason(reason)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: `value` (JSON types) when `reason` is None.

    `seconds` is wall time; `peak_mb` the most memory held, but never less than what this process held at the start.
    """

    reason: Reason | None
    value: Any
    detail: str
    seconds: float
    peak_mb: int

    @property
    def ok(self) -> bool:
        return self.reason is None


@dataclass(slots=True)
class Extracted:
    """Text per page (files without pages: by page breaks and length). `warnings` are codes: no_text, pages_cut,
    text_cut, part_skipped:<reason>."""

    pages: list[str]
    media_type: str
    warnings: list[str] = field(default_factory=list)


def run_limited(
    target: str,
    path: Path | str,
    *,
    arguments: Mapping[str, Any] | None = None,
    seconds: float = 30,
    memory_mb: int = 768,
    output_mb: int = 16,
    import_root: Path = ROOT,
) -> Result:
    """Call `target` ("package.module:function") with the file's path and `arguments` (JSON) in a limited child process.

    The function returns JSON types, or raises ReadingError. Whatever the file does ends in a Result with a reason; only
    a wrong call (no such file) raises here. `memory_mb` bounds the address space, `output_mb` the answer and any file
    the child writes.
    """
    source = Path(path).resolve(strict=True)
    folder = tempfile.mkdtemp(prefix="reading-")
    started = time.monotonic()
    try:
        answer = Path(folder, "answer.json")
        job = {
            "target": target,
            "path": str(source),
            "arguments": dict(arguments or {}),
            "answer": str(answer),
            "root": str(import_root),
            "limits": {"seconds": seconds, "memory": memory_mb * MB, "output": output_mb * MB},
        }
        # the kernel counts the parent's memory at the moment of the start as the child's
        inherited_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD), json.dumps(job)],
            cwd=folder,
            env={"LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder, "PATH": "/nonexistent"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        status, peak_mb, in_time = _wait(process, started + seconds)
        spent = time.monotonic() - started
        starved = peak_mb > max(memory_mb * 0.7, inherited_mb)
        reason, value, detail = _outcome(status, in_time, starved, answer, output_mb * MB)
        return Result(reason, value, detail, spent, peak_mb)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], until: float) -> tuple[int, int, bool]:
    """Wait for the end or the time limit, then kill the whole group.

    Returns the exit code (negative: a signal), the peak memory in MB, and whether it ended in time.
    """
    in_time, pause = True, 0.002
    try:
        # WNOWAIT leaves the leader a zombie, so its group id cannot have passed to a stranger when it is killed
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() >= until:
                in_time = False
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # the child may not have made its session yet, or only a zombie is left
            process.kill()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss // 1024, in_time


def _outcome(status: int, in_time: bool, starved: bool, answer: Path, limit: int) -> tuple[Reason | None, Any, str]:
    if not in_time:
        return Reason.TIMEOUT, None, "time limit"
    if status == -signal.SIGXCPU:
        return Reason.TIMEOUT, None, "processor time limit"
    if status == 0:
        try:
            if answer.stat().st_size > limit:
                return Reason.TOO_LARGE, None, "answer too large"
            said = json.loads(answer.read_bytes())
            return (Reason(said["reason"]) if said["reason"] else None), said["value"], str(said["detail"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            return Reason.BROKEN, None, f"no answer: {type(error).__name__}"
    if status < 0:
        # native code that gets no memory stops itself by a signal; it then stood near its limit
        starved = starved or -status == signal.SIGKILL
        return (Reason.MEMORY if starved else Reason.BROKEN), None, f"ended by {signal.Signals(-status).name}"
    return (Reason.MEMORY if status == 70 else Reason.BROKEN), None, f"exit {status}"
