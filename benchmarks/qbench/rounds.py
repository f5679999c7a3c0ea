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

    #: The least time that two rounds reached. A processor that runs faster for a
    #: moment does so in the turn of one contender only.
    fastest_ns: float
    median_ns: float
    samples: int
    language: str
    overhead_ns: float | None = None
    notes: dict = dataclasses.field(default_factory=dict)
    #: Round -> the least time in it.
    by_round: dict[int, float] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict:
        result = {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if value not in (None, {}) and key != "by_round"
        }
        return {**result, "rounds": len(self.by_round)}


class Interrupted(Exception):
    """Ctrl-C; `timings` holds what was measured until then."""

    def __init__(self, timings: dict[str, Timing]):
        super().__init__("interrupted")
        self.timings = timings


class Record:
    """The samples of one entry."""

    def __init__(self, entry: Entry):
        self.entry = entry
        self.samples: list[float] = []
        self.by_round: dict[int, float] = {}
        self.fastest = math.inf
        #: Round in which `fastest` last fell by more than SETTLED.
        self.improved = 0

    def add(self, number: int, samples: list[float]) -> None:
        self.samples += samples
        self.by_round[number] = min(samples)
        least = sorted(self.by_round.values())
        fastest = least[1] if len(least) > 2 else least[0]
        if abs(fastest - self.fastest) > SETTLED * fastest:
            self.improved = number
        self.fastest = fastest

    def timing(self) -> Timing:
        return Timing(
            self.fastest,
            statistics.median(self.samples),
            len(self.samples),
            self.entry.call.language,
            self.entry.overhead_ns,
            self.entry.notes,
            self.by_round,
        )


def unsettled(records: list[Record], number: int) -> list[Record]:
    """Who takes part in a round beyond those that were asked for: all that are near
    the fastest, while the minimum of one of them still changes."""
    least = min(record.fastest for record in records)
    near = [record for record in records if record.fastest <= NEAR * least]
    going = any(number - record.improved <= PATIENCE for record in near)
    return near if going else []


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
    alive = [Record(entry) for entry in entries]

    def timings() -> dict[str, Timing]:
        return {r.entry.name: r.timing() for r in alive if r.samples}

    try:
        for number in range(1, rounds * (1 if once else MOST) + 1):
            turn = alive if number <= rounds else unsettled(alive, number)
            if not turn:
                break
            for record in list(turn):
                name = record.entry.name
                progress(f"round {number}/{rounds}: {name}")
                try:
                    record.add(number, timer.time(record.entry.call, slot_ms))
                except Exception as error:  # One peer's failure is not the run's.
                    failed(name, error)
                    alive.remove(record)
    except KeyboardInterrupt:
        raise Interrupted(timings()) from None
    return timings()


def paired_ratio(theirs: Timing, ours: Timing) -> float | None:
    """The median over rounds of the ratio within a round: another way to compare, which
    no single lucky sample decides."""
    common = theirs.by_round.keys() & ours.by_round.keys()
    if not common:
        return None
    return statistics.median(theirs.by_round[n] / ours.by_round[n] for n in common)
