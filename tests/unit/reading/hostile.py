"""What a hostile file could make its reader do; called inside the child process by test_sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def sleeps(path: str) -> None:
    time.sleep(600)


def loops(path: str) -> None:
    while True:
        pass


def hogs(path: str) -> None:
    blocks = []
    while True:
        blocks.append(bytearray(16 * 1024 * 1024))


def takes_all_memory(path: str) -> int:
    """MB that could be had."""
    blocks = []
    try:
        while True:
            blocks.append(bytearray(1024 * 1024))
    except MemoryError:
        return len(blocks)


def crashes(path: str) -> None:
    os.abort()


def raises(path: str) -> None:
    raise RuntimeError("Jan Kowalski, PESEL 01610100010")


def writes_much(path: str) -> None:
    with open("much", "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1024 * 1024)


def answers_much(path: str) -> str:
    return "x" * 5_000_000


def answers_nonsense(path: str) -> object:
    return object()


def connects(path: str, port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=2)


def starts_program(path: str) -> None:
    subprocess.run([sys.executable, "-c", "print()"], check=True)


def forks(path: str) -> int:
    return os.fork()


def writes_outside(path: str) -> None:
    Path(path).write_bytes(b"changed")


def looks_around(path: str) -> dict[str, Any]:
    Path("scratch").write_text("may write here", encoding="utf-8")
    return {"environ": sorted(os.environ), "cwd": os.getcwd(), "content": Path(path).read_text(encoding="utf-8")}
