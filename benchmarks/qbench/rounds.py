"""Interleaved timing: every contender in every round, so that what the machine does
meanwhile (its clock, its neighbours) happens to all of them."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import Callable

from .native import Call, Timer

#: A minimum that falls by less than this share has settled ...
SETTLED = 0.005
#: ... after this many rounds.
PATIENCE = 6
MOST = 6
#: Extra rounds are for those within this factor of the fastest.
NEAR = 4.0


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
        return {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if value not in (None, {})
        }


class Interrupted(Exception):
    """Ctrl-C; `timings` holds what was measured until then."""

    def __init__(self, timings: dict[str, Timing]):
        super().__init__("interrupted")
        self.timings = timings


def interleave(
    timer: Timer,
    entries: list[Entry],
    rounds: int,
    slot_ms: float,
    progress: Callable[[str], None],
    failed: Callable[[str, Exception], None],
    once: bool = False,
) -> dict[str, Timing]:
    """Times every entry `rounds` times for about `slot_ms` each, in turns. On a machine
    that others use too this may not do: rounds go on, up to MOST times as many, while
    a minimum still falls, unless `once`. An entry that fails is reported to `failed`
    and left out from then on."""
    samples: dict[str, list[float]] = {entry.name: [] for entry in entries}
    alive = list(entries)

    def timings(done: int) -> dict[str, Timing]:
        return {
            entry.name: Timing(
                min(samples[entry.name]),
                statistics.median(samples[entry.name]),
                len(samples[entry.name]),
                done,
                entry.call.language,
                entry.overhead_ns,
                entry.notes,
            )
            for entry in entries
            if samples[entry.name]
        }

    # Round in which each entry last became faster by more than SETTLED.
    improved = {entry.name: 0 for entry in entries}
    best: dict[str, float] = {}

    def goes_on(entry: Entry) -> bool:
        """Whether an entry takes part in a round beyond those that were asked for:
        all that are near the fastest, while the minimum of one of them still falls.
        """
        near = [
            e.name
            for e in alive
            if best[e.name] <= NEAR * min(best[a.name] for a in alive)
        ]
        return entry.name in near and any(
            done - improved[name] <= PATIENCE for name in near
        )

    done = 0
    try:
        while done < rounds * (1 if once else MOST) and alive:
            turn = [e for e in alive if done < rounds or goes_on(e)]
            if not turn:
                break
            done += 1
            for entry in turn:
                progress(f"round {done}/{rounds}: {entry.name}")
                try:
                    taken = timer.time(entry.call, slot_ms)
                except Exception as error:  # One peer's failure is not the run's.
                    failed(entry.name, error)
                    alive.remove(entry)
                    samples[entry.name].clear()
                    continue
                samples[entry.name] += taken
                if min(taken) < best.get(entry.name, math.inf) * (1 - SETTLED):
                    improved[entry.name] = done
                best[entry.name] = min(samples[entry.name])
    except KeyboardInterrupt:
        raise Interrupted(timings(done)) from None
    return timings(done)
