"""The virtual environment that holds the peers.

Made once, beside run.py, from requirements.txt. A package that cannot be installed is
left out: its peer is absent from the tables, with the reason, and the rest works.
"""

from __future__ import annotations

import importlib.metadata
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"

#: Peer -> (module that must import, package that has it).
PEERS = {
    "ort": ("onnxruntime", "onnxruntime"),
    "litert": ("ai_edge_litert", "ai-edge-litert"),
    "torch": ("torch", "torch"),
    "iree": ("iree.compiler", "iree-base-compiler"),
}


class SetupError(Exception):
    """The environment cannot be made; the text says what to do."""


def requirements() -> list[str]:
    """The lines of requirements.txt that name a package."""
    lines = (line.strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def python_of(venv: pathlib.Path) -> pathlib.Path:
    return venv / "bin" / "python"


def is_current(venv: pathlib.Path) -> bool:
    """Whether the environment was made from requirements.txt as it is now."""
    try:
        return (venv / "installed.json").exists() and json.loads(
            (venv / "installed.json").read_text()
        )["requirements"] == requirements()
    except (ValueError, KeyError):
        return False


def make(venv: pathlib.Path) -> dict[str, str]:
    """Makes or completes the environment. Returns what could not be installed, with
    the last lines of pip's complaint."""
    if not python_of(venv).exists():
        print(f"Making the virtual environment {venv}", flush=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", venv], capture_output=True, text=True
        )
        if made.returncode != 0:
            raise SetupError(
                "python3 -m venv failed (on Debian: apt install python3-venv):\n"
                + (made.stderr or made.stdout).strip()
            )
    pip = [python_of(venv), "-m", "pip", "install", "--disable-pip-version-check"]
    lines = requirements()
    print("Installing " + " ".join(lines), flush=True)
    failures: dict[str, str] = {}
    if subprocess.run([*pip, "-q", "-r", REQUIREMENTS]).returncode != 0:
        # One bad line fails the whole file: find out which.
        for line in lines:
            tried = subprocess.run([*pip, "-q", line], capture_output=True, text=True)
            if tried.returncode != 0:
                failures[line] = tried.stderr.strip().splitlines()[-1:][0]
                print(
                    f"warning: {line} cannot be installed: {failures[line]}",
                    file=sys.stderr,
                )
    (venv / "installed.json").write_text(
        json.dumps({"requirements": lines, "failures": failures}, indent=1)
    )
    return failures


def absent_peers(peers: list[str]) -> dict[str, str]:
    """Which of `peers` do not import here, and why. For use inside the environment."""
    try:
        note = json.loads((pathlib.Path(sys.prefix) / "installed.json").read_text())
        failures = {package_of(line): text for line, text in note["failures"].items()}
    except (OSError, ValueError, KeyError):
        failures = {}
    absent = {}
    for peer in peers:
        module, package = PEERS[peer]
        try:
            __import__(module)
        except Exception as error:  # A broken wheel may raise anything.
            absent[peer] = failures.get(package, f"{type(error).__name__}: {error}")
            absent[peer] = absent[peer].splitlines()[0]
    return absent


def package_of(line: str) -> str:
    """The package that a line of requirements.txt names."""
    return re.split(r"[\[=<>~!]", line)[0]


def versions() -> dict[str, str]:
    """Installed versions of everything requirements.txt names."""
    found = {}
    for line in requirements():
        name = package_of(line)
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
