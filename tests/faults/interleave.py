"""Several actors at once, one wire call at a time, in every order.

Each actor is a thread that stops at the gate before every wire call. Between two gates only one thread runs, so a
schedule (who goes next, at each step) decides everything and can be played again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests import wire
from tests.wire import Call, Reply

#: Beyond this many orders a seeded sample is played instead.
MOST_ORDERS = 500
_PATIENCE = 60.0

Actor = Callable[[], Any]


@dataclass
class Run:
    """One schedule and what the actors returned (or raised), in the order of the actors."""

    choices: list[int]
    results: list[Any]
    runnable: list[list[int]] = field(default_factory=list)


class _Gate:
    """Lets one actor through at a time."""

    def __init__(self, actors: Sequence[Actor], matters: Callable[[Call], bool]) -> None:
        self._actors, self._matters = actors, matters
        self._number = threading.local()
        self._turns = [threading.Semaphore(0) for _ in actors]
        self._stopped = threading.Semaphore(0)
        self._finished: set[int] = set()
        self.results: list[Any] = [None] * len(actors)

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        number = getattr(self._number, "value", None)
        if number is not None and self._matters(call):
            self._stopped.release()
            if not self._turns[number].acquire(timeout=_PATIENCE):
                raise AssertionError("the scheduler forgot an actor")
        return go()

    def run(self, choose: Callable[[list[int]], int]) -> Run:
        run = Run([], self.results)
        threads = [
            threading.Thread(target=self._act, args=(number,), daemon=True) for number in range(len(self._actors))
        ]
        for thread in threads:  # each up to its first gate
            thread.start()
            self._wait()
        while len(self._finished) < len(self._actors):
            runnable = [number for number in range(len(self._actors)) if number not in self._finished]
            chosen = choose(runnable)
            run.runnable.append(runnable)
            run.choices.append(chosen)
            self._turns[chosen].release()
            self._wait()
        for thread in threads:
            thread.join(_PATIENCE)
        return run

    def _wait(self) -> None:
        if not self._stopped.acquire(timeout=_PATIENCE):
            raise AssertionError("an actor neither reached a wire call nor ended")

    def _act(self, number: int) -> None:
        self._number.value = number
        try:
            self.results[number] = self._actors[number]()
        except Exception as error:
            self.results[number] = error
        finally:
            self._finished.add(number)
            self._stopped.release()


def every_call(call: Call) -> bool:
    """Stop at every wire call."""
    return True


def run_once(
    actors: Sequence[Actor], choose: Callable[[list[int]], int], matters: Callable[[Call], bool] = every_call
) -> Run:
    """Play one schedule; `choose` picks from the numbers of the actors that stand at the gate.

    Args:
        matters: whether to stop at a call; reads of what nobody writes need not be told apart.
    """
    gate = _Gate(actors, matters)
    with wire.standing_at_the_wire(gate):
        return gate.run(choose)


def at_once(actors: Sequence[Actor], seed: int = 7, matters: Callable[[Call], bool] = every_call) -> list[Any]:
    """What the actors return when their wire calls come in one seeded order; raises what one of them raised.

    The emulator loses writes of real threads: whoever writes to it at once goes through here.
    """
    results = run_once(actors, Random(seed).choice, matters).results
    raised = [result for result in results if isinstance(result, Exception)]
    if raised:
        raise raised[0]
    return results


def all_orders(
    reset: Callable[[], Sequence[Actor]], most: int = MOST_ORDERS, matters: Callable[[Call], bool] = every_call
) -> Iterator[Run]:
    """Every order of the actors' wire calls, depth first; at most `most`.

    Args:
        reset: a fresh store, and the actors for it.
    """
    prefix: list[int] | None = []
    played = 0
    while prefix is not None and played < most:
        run = run_once(reset(), _following(prefix), matters)
        played += 1
        yield run
        prefix = _next(run)


def sampled(
    reset: Callable[[], Sequence[Actor]], count: int, matters: Callable[[Call], bool] = every_call, seed: int = 7
) -> Iterator[Run]:
    """`count` seeded random orders, each at most once."""
    random, seen = Random(seed), set()
    for _ in range(count):
        run = run_once(reset(), random.choice, matters)
        if tuple(run.choices) not in seen:
            seen.add(tuple(run.choices))
            yield run


def _following(prefix: Sequence[int]) -> Callable[[list[int]], int]:
    planned = iter(prefix)
    return lambda runnable: next(planned, runnable[0])


def _next(run: Run) -> list[int] | None:
    """The schedule after this one in depth-first order."""
    for step in reversed(range(len(run.choices))):
        later = [number for number in run.runnable[step] if number > run.choices[step]]
        if later:
            return [*run.choices[:step], later[0]]
    return None
