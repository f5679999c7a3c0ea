"""What every suite needs: tools, timers, options, and where results go."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import sys
from typing import TYPE_CHECKING, Any, Callable

from .native import Peak, Timer
from .rounds import Entry, Interrupted, Timing, interleave, paired_ratio

if TYPE_CHECKING:
    from .quantopt import Tools

#: The contender that the others are compared with.
OURS = "ours"


@dataclasses.dataclass
class Case:
    """One line of a table: a shape or a model, and everyone's time for it."""

    suite: str
    name: str
    #: Multiply-adds, and bytes read and written at least; 0 where nobody counted.
    macs: int = 0
    bytes: int = 0
    timings: dict[str, Timing] = dataclasses.field(default_factory=dict)
    #: Contender -> why it has no time here.
    absent: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Contender -> what comparing its outputs gave.
    outputs: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Contender -> whether it must give the bits that ours gives, and does not.
    wrong: list[str] = dataclasses.field(default_factory=list)
    #: Whether Ctrl-C ended it early.
    partial: bool = False

    def ratio(self, other: str, base: str = OURS) -> float | None:
        """How many times faster `base` is than `other`; for "peak", the share of it
        that `base` attains."""
        mine = self.timings.get(base)
        theirs = self.timings.get(other)
        if not mine or not theirs:
            return None
        if other == "peak":
            rate = theirs.notes["macs"] / theirs.fastest_ns
            return self.macs / mine.fastest_ns / rate
        return theirs.fastest_ns / mine.fastest_ns

    def gops(self, name: str) -> float | None:
        """Giga-operations per second, a multiply-add being two."""
        timing = self.timings.get(name)
        if not timing:
            return None
        macs = timing.notes.get("macs", self.macs)
        return 2 * macs / timing.fastest_ns if macs else None

    def note_difference(self, name: str, difference, against: str, exact: bool) -> None:
        """Says how integer outputs differ; `difference` is an array of distances. Where
        they must be `exact` any difference is wrong; else a step of one is a matter of
        rounding."""
        count = int((difference != 0).sum())
        if count == 0:
            self.outputs[name] = f"equal to {against}"
            return
        share = 100 * count / difference.size
        self.outputs[name] = (
            f"differ from {against} by at most {difference.max()}, in "
            + ("under 0.01" if share < 0.01 else f"{share:.2g}")
            + " % of elements"
        )
        if exact or difference.max() > 1:
            self.wrong.append(name)

    def to_json(self) -> dict:
        result = {"suite": self.suite, "case": self.name}
        if self.macs:
            result["macs"] = self.macs
        if self.bytes:
            result["bytes"] = self.bytes
        result["timings"] = {n: t.to_json() for n, t in self.timings.items()}
        mine = self.timings.get(OURS)
        others = [name for name in self.timings if mine and name != OURS]
        result["ratios"] = {name: self.ratio(name) for name in others}
        result["paired_ratios"] = {
            name: paired_ratio(self.timings[name], mine)
            for name in others
            if name != "peak"
        }
        for key in ("absent", "outputs", "wrong", "partial"):
            if getattr(self, key):
                result[key] = getattr(self, key)
        return result


@dataclasses.dataclass
class Context:
    """One run of the benchmark."""

    tools: Tools
    #: Another build of ours to compare with, as the contender "base".
    base: Tools | None
    timer: Timer
    peak: Peak
    cache: pathlib.Path
    #: Peers asked for, in order, and of these the ones that do not import.
    peers: list[str]
    absent: dict[str, str]
    rounds: int
    slot_ms: float
    threads: int
    #: Fewer and smaller cases, for testing the benchmark itself.
    quick: bool
    models: list[pathlib.Path]
    filter: str
    #: Bytes of weights for the suite `compile`, as compile_cost.py reads them.
    compile_sizes: str
    cases: list[Case] = dataclasses.field(default_factory=list)
    #: Figures that are no comparison, e.g. what compiling costs.
    extra: dict = dataclasses.field(default_factory=dict)
    interrupted: bool = False
    #: Writes what there is; called after each case, so that a crash loses one.
    save: Callable[[], None] = lambda: None

    def progress(self, text: str) -> None:
        """One line on standard error, overwritten on a terminal."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)
        elif ": round " not in text:
            print(text, file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        lead = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{lead}warning: {text}", file=sys.stderr, flush=True)

    def wants(self, peer: str) -> bool:
        """Whether a peer takes part; one that cannot be imported does not."""
        return peer in self.peers and peer not in self.absent

    def selected(self, suite: str, name: str) -> bool:
        return not self.filter or self.filter in f"{suite}/{name}"

    def prepare(self, case: Case, name: str, make: Callable[[], Any]) -> Any:
        """Builds a contender; one that cannot be built is absent from this case."""
        self.progress(f"{case.suite} {case.name}: preparing {name}")
        try:
            return make()
        except Exception as error:  # A peer may raise anything; name it and go on.
            case.absent[name] = first_line(error)
            self.warn(f"{case.suite} {case.name}: {name}: {first_line(error)}")
            return None

    def note_absent(self, case: Case, peers: list[str]) -> None:
        """Peers that are asked for and not installed stand in every table."""
        for peer in peers:
            if peer in self.peers and peer in self.absent:
                case.absent[peer] = self.absent[peer]

    def peak_entry(self, kind: str = "int8") -> list[Entry]:
        """The register-only loop as a contender: it is timed in the same rounds."""
        if not self.peak.name(kind):
            return []
        call, macs = self.peak.multiply_adds(kind)
        return [Entry("peak", call, notes={"macs": macs, "of": self.peak.name(kind)})]

    def measure(self, case: Case, entries: list[Entry]) -> None:
        """Times the contenders of a case in turns and keeps the case."""

        def failed(name: str, error: Exception) -> None:
            case.absent[name] = first_line(error)
            self.warn(f"{case.suite} {case.name}: {name}: {first_line(error)}")

        try:
            case.timings = interleave(
                self.timer,
                entries,
                self.rounds,
                self.slot_ms,
                lambda text: self.progress(f"{case.suite} {case.name}: {text}"),
                failed,
                once=self.quick,
            )
        except Interrupted as stop:
            case.timings, case.partial = stop.timings, True
            self.cases.append(case)
            raise KeyboardInterrupt from None
        self.cases.append(case)
        self.save()


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text[:200]


def overhead(measure: Callable[[], float]) -> float | None:
    """A measurement of overhead, or None where it cannot be taken."""
    try:
        value = measure()
    except Exception:  # It is a remark in a table; without it the table stands.
        return None
    return value if math.isfinite(value) else None
