#!/usr/bin/env python3
"""Times quant-opt and its peers in one run: interleaved, on one core, outputs compared.

usage: benchmarks/run.py [--models=DIR] [--only=gemm,conv,models,compile] [...]

The first run makes a virtual environment with the peers (requirements.txt, 6 GB most
of which is PyTorch); --setup-only does no more than that. docs/Benchmarks.md explains
the tables.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent
SUITES = ["gemm", "conv", "models", "compile"]
PEERS = ["ort", "litert", "torch", "iree"]
sys.path.insert(0, str(ROOT))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], allow_abbrev=False
    )
    names = lambda known: lambda text: names_of(parser, known, text)
    parser.add_argument(
        "--models",
        metavar="DIR,...",
        default=[default_models()],
        type=lambda text: [pathlib.Path(d) for d in text.split(",") if d],
        help="folders of folders NAME with NAME.mlir, NAME.onnx,"
        " calibration.npz, evaluation.npz, and where there are any"
        " NAME.int8.tflite and quantize.yaml (default:"
        " $QUANTOPT_MODELS, ../shared/models or examples)",
    )
    parser.add_argument(
        "--only",
        type=names(SUITES),
        default=SUITES,
        metavar="SUITES",
        help=f"of {','.join(SUITES)} (default: all)",
    )
    parser.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only cases with TEXT in SUITE/CASE",
    )
    parser.add_argument(
        "--peers",
        type=names(PEERS),
        default=PEERS,
        metavar="PEERS",
        help=f"of {','.join(PEERS)} (default: all)",
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="OUT.json")
    parser.add_argument(
        "--markdown",
        type=pathlib.Path,
        metavar="OUT.md",
        help="the tables as Markdown; in a document, what stands between its marks",
    )
    parser.add_argument(
        "--plot",
        type=pathlib.Path,
        metavar="OUT.svg",
        help="roofline of the layers; svg, png or pdf",
    )
    parser.add_argument(
        "--repeat",
        type=int,
        default=20,
        metavar="N",
        help="rounds in which every contender has a turn (default 20)",
    )
    parser.add_argument(
        "--slot",
        type=float,
        default=20.0,
        metavar="MS",
        help="length of a turn in milliseconds (default 20)",
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument(
        "--features",
        default="",
        metavar="+A,-B",
        help="features of the processor to add or to leave out, in our code and in"
        " the loops that find its peak; peers take what they find",
    )
    parser.add_argument(
        "--core", type=int, metavar="N", help="core to stay on (default: the last one)"
    )
    parser.add_argument(
        "--sizes",
        default="10M,100M,1G",
        help="bytes of weights for 'compile' (default 10M,100M,1G)",
    )
    parser.add_argument(
        "--quant-opt-build",
        type=pathlib.Path,
        metavar="DIR",
        default=ROOT.parent / "build",
    )
    parser.add_argument(
        "--base-build",
        type=pathlib.Path,
        metavar="DIR",
        help="another build, which takes part as 'base'",
    )
    parser.add_argument(
        "--venv",
        type=pathlib.Path,
        metavar="DIR",
        default=ROOT / ".venv",
        help="where the peers are installed",
    )
    parser.add_argument(
        "--cache",
        type=pathlib.Path,
        metavar="DIR",
        default=ROOT / ".cache",
        help="where what is made stays",
    )
    parser.add_argument("--setup-only", action="store_true")
    parser.add_argument(
        "--no-setup",
        action="store_true",
        help="use this Python as it is; what it lacks is absent",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a few small cases: tests the benchmark, measures little",
    )
    return parser.parse_args()


def default_models() -> pathlib.Path:
    """Where tests look for models too, else the example."""
    shared = os.environ.get("QUANTOPT_MODELS", ROOT.parent.parent / "shared" / "models")
    return (
        pathlib.Path(shared)
        if pathlib.Path(shared).is_dir()
        else (ROOT.parent / "examples")
    )


def names_of(parser: argparse.ArgumentParser, known: list[str], text: str) -> list[str]:
    """A list of known names, separated by commas; may be empty."""
    chosen = [name for name in text.split(",") if name]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)}: not among {', '.join(known)}"
        )
    return chosen


def enter_environment(options: argparse.Namespace) -> None:
    """Makes the virtual environment where it is missing or old, and goes on in it."""
    from qbench import environment

    # Where the environment's python is a link, only the prefix tells them apart.
    inside = pathlib.Path(sys.prefix).resolve() == options.venv.resolve()
    if not environment.is_current(options.venv):
        environment.make(options.venv.absolute())
    if options.setup_only:
        print(f"The peers are in {options.venv}")
        sys.exit(0)
    if not inside:
        python = str(environment.python_of(options.venv).absolute())
        os.execv(python, [python, *sys.argv])


def run_suites(options: argparse.Namespace, context) -> None:
    """Runs what was asked for, until done or interrupted."""
    for name in options.only:
        suite = importlib.import_module(f"qbench.suites.{name}")
        try:
            suite.run(context)
        except KeyboardInterrupt:
            context.interrupted = True
            context.warn("interrupted: what was measured until now follows")
            return


def main() -> int:
    options = parse_arguments()
    if not options.no_setup:
        from qbench.environment import SetupError

        try:
            enter_environment(options)
        except SetupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    # One thread for everyone, before any of them is loaded.
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    if importlib.util.find_spec("numpy") is None:
        print("error: this Python has no numpy", file=sys.stderr)
        return 1

    from qbench import environment, machine, report
    from qbench.context import OURS, Context
    from qbench.native import NativeError, Peak, Timer
    from qbench.quantopt import ToolFailed, Tools

    cache = options.cache.absolute()
    core = machine.pin(options.core) if options.threads == 1 else -1

    def make_tools(build: pathlib.Path) -> Tools:
        return Tools(build, cache, options.threads, options.features)

    try:
        context = Context(
            tools=make_tools(options.quant_opt_build),
            base=options.base_build and make_tools(options.base_build),
            timer=Timer(cache, options.threads),
            peak=Peak(cache, options.features),
            cache=cache,
            peers=options.peers,
            absent=environment.absent_peers(options.peers),
            rounds=2 if options.quick else options.repeat,
            slot_ms=1.0 if options.quick else options.slot,
            threads=options.threads,
            quick=options.quick,
            models=options.models,
            filter=options.filter,
            compile_sizes=options.sizes,
        )
    except (ToolFailed, NativeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for peer, reason in context.absent.items():
        context.warn(f"{peer} is absent: {reason}")

    try:
        description = machine.describe(context, core)
    except KeyboardInterrupt:
        return 130

    def save() -> None:
        if options.json:
            versions = environment.versions()
            value = report.to_json(context, description, versions)
            report.write_json(options.json, value)

    context.save = save
    run_suites(options, context)
    save()

    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(report.machine_line(description))
    print(report.terminal(context))
    if options.markdown:
        versions = environment.versions()
        text = report.markdown(context, description, versions)
        report.write_markdown(options.markdown, text)
    if options.plot:
        from qbench import roofline

        value = report.to_json(context, description, environment.versions())
        try:
            roofline.plot(value, options.plot)
        except (ImportError, ValueError) as error:
            context.warn(f"no plot: {error}")
    if context.interrupted:
        return 130
    # A wrong or missing result of ours is an error of the run; a slow one is not.
    failed = any(case.wrong or OURS in case.absent for case in context.cases)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
