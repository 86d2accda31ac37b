"""Everything that works behind the web server: sealer, followers, jobs, the clock of periodic jobs, rescue.

One process with a thread for the sealer, one for each follower, one for housekeeping, and procrastinate's workers on
an event loop in the main thread. Several processes may run, on several machines: locks decide who leads.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from procrastinate import App

from journal import checkpoint, follow, jobs
from journal.outside import is_outside
from journal.seal import seal_all, seal_round

logger = logging.getLogger("journal")

#: Seconds between looks for work that nobody announces.
SEALER_PAUSE = 0.1
FOLLOWER_PAUSE = 0.2
HOUSEKEEPING_PAUSE = 10.0
LONGEST_WAIT = 60.0
#: Jobs of each queue at once; a queue has its own workers, so that slow work never holds up a signature.
CONCURRENCY = {"default": 4, "mail": 2, "slow": 1}


class Loop(threading.Thread):
    """Calls `step` until stopped: again at once when it did something, after `pause` when not, later and later when
    the world outside fails. Never ends on an error; closes its database connection at the end."""

    def __init__(self, name: str, step: Callable[[], int], pause: float, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.step, self.pause, self.stopping = step, pause, stopping

    def run(self) -> None:
        wait = self.pause
        # An entry that kills the process must not be counted against followers that begin in the same instant.
        self.stopping.wait(random.random())  # noqa: S311  (no secret)
        try:
            while not self.stopping.is_set():
                close_old_connections()
                try:
                    wait = 0.0 if self.step() else self.pause
                except Exception as error:  # noqa: BLE001  (the loop must outlive whatever one turn runs into)
                    wait = min(max(1.0, wait * 2), LONGEST_WAIT)
                    self._tell(error, wait)
                self.stopping.wait(wait)
        finally:
            connection.close()

    def _tell(self, error: Exception, wait: float) -> None:
        if isinstance(error, DatabaseError | InterfaceError):
            connection.close()
        if is_outside(error):
            logger.warning("%s waits %.0f s: %s", self.name, wait, error)
        else:
            logger.error("%s failed, waits %.0f s", self.name, wait, exc_info=error)


def housekeeping() -> int:
    """Rescue jobs of dead workers, make the checkpoint that is due, keep its copy outside."""
    jobs.reap()
    checkpoint.checkpoint_if_due()
    checkpoint.copy_outside()
    return 0


def _loops(stopping: threading.Event) -> list[Loop]:
    def turn(name: str) -> Callable[[], int]:
        return lambda: follow.run_once(name)

    return [
        Loop("sealer", seal_round, SEALER_PAUSE, stopping),
        Loop("housekeeping", housekeeping, HOUSEKEEPING_PAUSE, stopping),
        *(Loop(f"follower {name}", turn(name), FOLLOWER_PAUSE, stopping) for name in follow.names()),
    ]


def run_forever() -> None:
    """Work until SIGTERM or SIGINT, then finish what is in hand."""
    stopping = threading.Event()
    loops = _loops(stopping)
    for loop in loops:
        loop.start()
    try:
        asyncio.run(_run_jobs(stopping))
    finally:
        stopping.set()
        for loop in loops:
            loop.join(timeout=30)


async def _run_jobs(stopping: threading.Event) -> None:
    stop = asyncio.Event()
    event_loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        event_loop.add_signal_handler(number, stop.set)
    wait = 1.0
    while not stop.is_set():
        app = jobs.worker_app()
        try:
            async with app.open_async():
                await _until(stop, app)
            wait = 1.0
        except Exception as error:  # noqa: BLE001  (the database was away: begin again)
            logger.warning("the job workers begin again in %.0f s: %s", wait, error)
            wait = min(wait * 2, LONGEST_WAIT)
        if not stop.is_set():
            await asyncio.wait([asyncio.ensure_future(stop.wait())], timeout=wait)
    stopping.set()


async def _until(stop: asyncio.Event, app: App) -> None:
    """Run a worker for each queue until `stop`, or until one of them ends by itself (its connection broke)."""
    workers = [
        asyncio.create_task(
            app.run_worker_async(
                queues=[queue],
                name=queue,
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=2.0,
            )
        )
        for queue, concurrency in CONCURRENCY.items()
    ]
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*workers, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for worker in workers:
        worker.cancel()  # procrastinate finishes the jobs in hand first
    results = await asyncio.gather(*workers, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not stop.is_set():
            raise result


def drain(*, rounds: int = 50) -> tuple[int, int, int]:
    """Seal, follow and run jobs here until nothing is left to do; returns how many entries were sealed, entries
    followed and jobs run. Jobs that fail wait for their next try. Raises what a follower waits for outside."""
    sealed = followed = ran = 0
    for _ in range(rounds):
        jobs.reap()
        now_sealed = seal_all()
        now_followed = sum(follow.run_until_idle(name) for name in follow.names())
        now_ran = jobs.run_waiting(raise_errors=False)
        sealed, followed, ran = sealed + now_sealed, followed + now_followed, ran + now_ran
        if not (now_sealed or now_followed or now_ran):
            break
    checkpoint.checkpoint_if_due()
    return sealed, followed, ran
