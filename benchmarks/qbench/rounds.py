"""Interleaved timing: every contender in every round, so that what the machine does
meanwhile (its clock, its neighbours) happens to all of them."""

from __future__ import annotations

import dataclasses
import statistics
from typing import Callable

from .native import Call, Timer


@dataclasses.dataclass
class Entry:
    """One contender in one comparison."""

    name: str
    call: Call
    #: Nanoseconds that calling from Python adds, where there is no C entry.
    overhead_ns: float | None = None
    #: Anything the table says beside the time, e.g. a variant or an agreement.
    notes: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Timing:
    """What was measured of one contender, in nanoseconds per call."""

    fastest_ns: float
    median_ns: float
    samples: int
    rounds: int
    language: str
    overhead_ns: float | None = None
    notes: dict = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict:
        return {key: value for key, value in dataclasses.asdict(self).items()
                if value not in (None, {})}


class Interrupted(Exception):
    """Ctrl-C; `timings` holds what was measured until then."""

    def __init__(self, timings: dict[str, Timing]):
        super().__init__("interrupted")
        self.timings = timings


def interleave(timer: Timer, entries: list[Entry], rounds: int, slot_ms: float,
               progress: Callable[[str], None],
               failed: Callable[[str, Exception], None]) -> dict[str, Timing]:
    """Times every entry `rounds` times for about `slot_ms` each, in turns. An entry
    that fails is reported to `failed` and left out from then on."""
    samples: dict[str, list[float]] = {entry.name: [] for entry in entries}
    alive = list(entries)

    def timings(done: int) -> dict[str, Timing]:
        return {
            entry.name: Timing(min(samples[entry.name]),
                               statistics.median(samples[entry.name]),
                               len(samples[entry.name]), done, entry.call.language,
                               entry.overhead_ns, entry.notes)
            for entry in entries if samples[entry.name]
        }

    done = 0
    try:
        for done in range(rounds):
            for entry in list(alive):
                progress(f"round {done + 1}/{rounds}: {entry.name}")
                try:
                    samples[entry.name] += timer.time(entry.call, slot_ms)
                except Exception as error:  # One peer's failure is not the run's.
                    failed(entry.name, error)
                    alive.remove(entry)
                    samples[entry.name].clear()
    except KeyboardInterrupt:
        raise Interrupted(timings(done)) from None
    return timings(rounds)
