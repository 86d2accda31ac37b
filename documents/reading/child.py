"""The child of `sandbox.run_limited`: limits itself, then reads. Run as a script by a fresh isolated interpreter."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

NO_MEMORY = 70  # exit code when there was not even memory for an answer
CLONE_NEWUSER, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Nothing a reader of a file needs: the network, other programs, other processes.
FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "pty.",
)  # fmt: skip


def cut_off(limits: dict[str, Any]) -> None:
    """Give up, for good, everything that a reader of one file does not need."""
    libc = ctypes.CDLL(None)
    # A network of its own, with nothing in it, where the system lets us; elsewhere the guard below still stands.
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # a dead worker leaves no reader behind; a change of namespace would undo this, so it comes after
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    seconds = math.ceil(limits["seconds"])
    for kind, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["output"], limits["output"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        most = resource.getrlimit(kind)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))
    with contextlib.suppress(OSError):
        os.nice(5)


def guard(folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook: no network, no programs, and no writing outside the temporary folder."""
    inside = os.path.join(folder, "")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while reading a file")
        if event != "open" or isinstance(arguments[0], int) or not isinstance(arguments[2], int):
            return
        # tempfile announces the folder itself and then opens a name in it
        where = os.path.join(os.path.abspath(os.fsdecode(arguments[0])), "")
        if arguments[2] & _WRITES and not where.startswith(inside):
            raise PermissionError("writing is not allowed while reading a file")

    return hook


def run(job: dict[str, Any]) -> dict[str, Any]:
    """The answer: `reason` (None when read), `value`, `detail`."""
    module_name, _, function_name = job["target"].partition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
        return {"reason": None, "value": function(job["path"], **job["arguments"]), "detail": ""}
    except MemoryError:
        return {"reason": "memory", "value": None, "detail": "out of memory"}
    except OSError as error:
        reason = {errno.ENOMEM: "memory", errno.EFBIG: "too_large"}.get(error.errno or 0, "broken")
        return {"reason": reason, "value": None, "detail": type(error).__name__}
    # A hostile file may raise anything out of a parser; the answer names the kind of error, never its text.
    except Exception as error:  # noqa: BLE001
        refusal = getattr(error, "reason", None)  # ReadingError of sandbox
        if type(error).__name__ == "ReadingError" and isinstance(refusal, str):
            return {"reason": str(refusal), "value": None, "detail": getattr(error, "detail", "")}
        return {"reason": "broken", "value": None, "detail": type(error).__name__}


def main() -> None:
    job = json.loads(sys.argv[1])
    with open(job["answer"], "wb") as answer:
        cut_off(job["limits"])
        sys.path.insert(0, job["root"])
        sys.addaudithook(guard(os.getcwd()))
        try:
            said = json.dumps(run(job)).encode("ascii")
        except MemoryError:
            os._exit(NO_MEMORY)
        except (TypeError, ValueError):
            said = b'{"reason": "broken", "value": null, "detail": "answer is not JSON"}'
        if len(said) > job["limits"]["output"]:
            said = b'{"reason": "too_large", "value": null, "detail": "answer too large"}'
        answer.write(said)
    os._exit(0)  # no clean-up code of a foreign library runs after the answer


if __name__ == "__main__":
    main()
