"""A bar per stage on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")


class Show:
    """What a stage needs of the bar: walk its things, and the bar follows."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def walk(self, title: str, things: Sequence[Item]) -> Iterator[Item]:
        """Yield the things one by one below a bar with this title."""
        bar = self._bars.add_task(title, total=len(things))
        for thing in things:
            yield thing
            self._bars.advance(bar)

    def tell(self, line: str) -> None:
        """A line above the bars, on a terminal only."""
        if not self._bars.disable:
            self._bars.console.print(line)


@contextmanager
def shown() -> Iterator[Show]:
    """Bars on standard error while the block runs; nothing at all when that is no terminal."""
    console = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(bar_width=28), MofNCompleteColumn(),
                  TimeElapsedColumn(), console=console, disable=not sys.stderr.isatty()) as bars:
        yield Show(bars)
