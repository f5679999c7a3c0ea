"""Whole models, one sample at a time: int8 of everyone, and float.

A model is a folder NAME with NAME.mlir, NAME.onnx, calibration.npz and evaluation.npz
(`expected` being the float outputs), and where there are any NAME.int8.tflite for
LiteRT and quantize.yaml with our settings. Where there is none, settings/NAME.yaml holds.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re

import numpy as np

from .. import arrays, opgroups
from ..context import OURS, Case, Context, first_line, overhead
from ..quantopt import ToolFailed, Tools
from ..rounds import Entry

SETTINGS = pathlib.Path(__file__).resolve().parents[2] / "settings"
#: Samples on which outputs are compared.
COMPARED = 128
#: Profiles of each form, by turns.
PROFILES = 3


@dataclasses.dataclass
class Model:
    """A folder, with its samples read."""

    name: str
    folder: pathlib.Path
    calibration: list[list[np.ndarray]]
    samples: list[list[np.ndarray]]
    expected: np.ndarray

    @property
    def mlir(self) -> pathlib.Path:
        return self.folder / f"{self.name}.mlir"

    @property
    def onnx(self) -> pathlib.Path:
        return self.folder / f"{self.name}.onnx"

    @property
    def tflite(self) -> pathlib.Path:
        return self.folder / f"{self.name}.int8.tflite"

    @property
    def config(self) -> pathlib.Path | None:
        """Our settings: the folder's, else those kept here under the model's name."""
        for path in (self.folder / "quantize.yaml", SETTINGS / f"{self.name}.yaml"):
            if path.exists():
                return path
        return None

    @property
    def reads_tokens(self) -> bool:
        """Whether inputs are integers: a language model, which is not quantized
        statically by anyone who wants to keep its accuracy."""
        return any(array.dtype.kind in "iu" for array in self.samples[0])


def read(folder: pathlib.Path) -> Model:
    """Reads a folder; arrays of `evaluation.npz` that calibration lacks are not
    inputs."""
    shapes = input_shapes(folder / f"{folder.name}.mlir")

    def samples_of(arrays_: dict, limit: int | None) -> list[list[np.ndarray]]:
        if len(arrays_) != len(shapes):
            raise ValueError(f"{len(arrays_)} arrays for {len(shapes)} inputs")
        count = min(len(array) for array in arrays_.values())
        return [
            [array[i].reshape(shape) for array, shape in zip(arrays_.values(), shapes)]
            for i in range(min(count, limit or count))
        ]

    with np.load(folder / "calibration.npz") as file:
        calibration = {name: file[name] for name in file.files}
    with np.load(folder / "evaluation.npz") as file:
        evaluation = {name: file[name] for name in file.files if name in calibration}
        expected = file["expected"][:COMPARED]
    return Model(
        folder.name,
        folder,
        samples_of(calibration, None),
        samples_of(evaluation, COMPARED),
        expected,
    )


def input_shapes(mlir: pathlib.Path) -> list[tuple[int, ...]]:
    """Shapes of the inputs of the function in a model's text."""
    with open(mlir) as file:
        for line in file:
            found = re.search(r"func\.func @\w+\((.*?)\) ->", line)
            if found:
                types = re.findall(r"tensor<((?:\d+x)*)\w+>", found.group(1))
                return [tuple(int(n) for n in t.split("x") if n) for t in types]
    raise ValueError("no function with its inputs on one line")


def find(directory: pathlib.Path) -> list[pathlib.Path]:
    """Folders of models in a directory; the directory itself may be one."""

    def is_model(folder: pathlib.Path) -> bool:
        return all(
            (folder / name).exists()
            for name in (f"{folder.name}.mlir", "calibration.npz", "evaluation.npz")
        )

    directory = directory.resolve()
    if is_model(directory):
        return [directory]
    return [
        folder
        for folder in sorted(directory.iterdir())
        if folder.is_dir() and is_model(folder)
    ]


def quality(model: Model, outputs: np.ndarray) -> dict:
    """How near outputs are to the float model's."""
    expected = model.expected.reshape(outputs.shape)
    result = {"sqnr_db": arrays.sqnr_db(expected, outputs)}
    if model.reads_tokens:
        result["cosine"] = arrays.mean_cosine(expected, outputs)
    else:
        result["top1"] = arrays.top1_agreement(expected, outputs)
    return result


class Contenders:
    """Builds everyone for one model and compares their outputs."""

    def __init__(self, context: Context, case: Case, model: Model):
        self.context = context
        self.case = case
        self.model = model
        self.entries: list[Entry] = []
        self._outputs: dict[str, np.ndarray] = {}
        self._quantized_onnx: pathlib.Path | None = None

    def add(self, name: str, make) -> None:
        """`make` gives something with set_inputs, run and call, the overhead of
        calling it, and notes."""

        def build() -> Entry:
            runner, extra, notes = make()
            outputs = []
            for sample in self.model.samples:
                runner.set_inputs(sample)
                outputs.append(np.array(runner.run()[0]))
            runner.set_inputs(self.model.samples[0])
            runner.run()
            self._outputs[name] = np.stack(outputs)
            notes = {**notes, **quality(self.model, self._outputs[name])}
            return Entry(name, runner.call(), extra, notes)

        entry = self.context.prepare(self.case, name, build)
        if entry:
            self.entries.append(entry)

    def ours(self, tools: Tools):
        model = self.model
        quantized = tools.quantize(
            model.mlir, model.folder / "calibration.npz", model.config
        )
        notes = {"settings": model.config.name} if model.config else {}
        return tools.compile(quantized), None, notes

    def ours_float(self, tools: Tools):
        return tools.compile(self.model.mlir), None, {}

    def ort_float(self):
        from ..contenders.ort import Session

        return Session(self.model.onnx, self.context.threads), None, {}

    def ort_static(self):
        from ..contenders import ort, ort_quantize

        model = self.model
        path, method = ort_quantize.static(
            model.onnx,
            model.folder / "calibration.npz",
            self.context.cache,
            model.calibration,
            model.samples,
            model.expected,
            self.context.threads,
        )
        self._quantized_onnx = path
        return ort.Session(path, self.context.threads), None, {"method": method}

    def ort_dynamic(self):
        from ..contenders import ort, ort_quantize

        path = ort_quantize.dynamic(self.model.onnx, self.context.cache)
        return ort.Session(path, self.context.threads), None, {}

    def litert(self):
        from ..contenders import litert

        if not self.model.tflite.exists():
            raise FileNotFoundError(f"no {self.model.tflite.name} beside the model")
        model = litert.Model(self.model.tflite, self.context.threads)
        return model, overhead(lambda: model.overhead_ns(self.context.timer)), {}

    def _iree(self, text: str):
        from ..contenders import iree

        extra = overhead(
            lambda: iree.overhead_ns(self.context.timer, self.context.cache)
        )
        binary = iree.compile_text(text, self.context.cache)
        return iree.Module(binary, self.model.samples[0]), extra, {}

    def iree(self):
        from ..contenders import iree

        if not self._quantized_onnx:
            raise FileNotFoundError("needs the model that ONNX Runtime quantized")
        return self._iree(iree.import_onnx(self._quantized_onnx))

    def iree_float(self):
        return self._iree(self.model.mlir.read_text())

    def build(self) -> None:
        wants = self.context.wants
        base = self.context.base
        self.add(OURS, lambda: self.ours(self.context.tools))
        self.add("ours-f32", lambda: self.ours_float(self.context.tools))
        if base:
            self.add("base", lambda: self.ours(base))
            self.add("base-f32", lambda: self.ours_float(base))
        tokens = self.model.reads_tokens
        if wants("ort"):
            self.add("ort-f32", self.ort_float)
            self.add(
                "ort-dynamic" if tokens else "ort",
                self.ort_dynamic if tokens else self.ort_static,
            )
        if wants("litert"):
            self.add("litert", self.litert)
        if wants("iree"):
            if tokens or not wants("ort"):
                self.case.absent["iree"] = (
                    "runs the model that ONNX Runtime quantizes statically, and there"
                    " is none"
                )
            else:
                self.add("iree", self.iree)
            self.add("iree-f32", self.iree_float)

    def agreement(self) -> None:
        """States how the quantized outputs agree with ours."""
        mine = self._outputs.get(OURS)
        if mine is None:
            return
        for entry in self.entries:
            if entry.name != OURS and not entry.name.endswith("f32"):
                other = self._outputs[entry.name].reshape(mine.shape)
                entry.notes["sqnr_to_ours_db"] = arrays.sqnr_db(mine, other)


def split(case: Case) -> Case:
    """Takes the float contenders but ours out of a case, into one of their own where
    our float is the base."""
    floats = Case("float", case.name, partial=case.partial)
    for name in list(case.timings):
        if name == "ours-f32":
            floats.timings[OURS] = case.timings[name]
        elif name.endswith("-f32"):
            floats.timings[name] = case.timings.pop(name)
    for name in list(case.absent):
        if name.endswith("-f32"):
            floats.absent[name] = case.absent.pop(name)
    return floats


def profile(context: Context, model: Model) -> None:
    """Adds what `quant-run --profile` says of each operation to `profiles`, and the
    groups of operations beside those of the float model to `op_groups`."""
    tools = context.tools
    if not tools.can_profile:
        return
    try:
        quantized = tools.quantize(
            model.mlir, model.folder / "calibration.npz", model.config
        )
        samples = model.folder / "evaluation.npz"
        context.progress(f"models {model.name}: profiling")
        pairs = [
            (tools.profile(quantized, samples), tools.profile(model.mlir, samples))
            for _ in range(PROFILES)
        ]
        rows, real = (opgroups.fastest(list(profiles)) for profiles in zip(*pairs))
    except (ToolFailed, OSError, ValueError, KeyError) as error:
        context.warn(f"models {model.name}: no profile: {first_line(error)}")
        return
    context.extra.setdefault("profiles", {})[model.name] = rows
    groups = opgroups.compare(rows, real)
    if groups is None:
        context.warn(
            f"models {model.name}: int8 and float have different groups of"
            " operations, which are not compared"
        )
    else:
        context.extra.setdefault("op_groups", {})[model.name] = groups


def run(context: Context) -> None:
    """Every folder of --models, and MobileNet made here."""
    from . import mobilenet

    folders = []
    for directory in context.models:
        found = find(directory) if directory.is_dir() else []
        if not found:
            context.warn(f"no models in '{directory}': say --models=DIR")
        folders += found
    if not context.quick:
        folders += mobilenet.make(context)
    for folder in folders:
        if not context.selected("models", folder.name):
            continue
        case = Case("models", folder.name)
        try:
            model = read(folder)
        except (OSError, KeyError, ValueError) as error:
            context.warn(f"models: {folder}: {error}")
            continue
        for peer, name in (("ort", "ort"), ("litert", "litert"), ("iree", "iree")):
            if peer in context.peers and peer in context.absent:
                case.absent[name] = context.absent[peer]
        everyone = Contenders(context, case, model)
        everyone.build()
        everyone.agreement()
        profile(context, model)
        try:
            context.measure(case, everyone.entries)
        finally:
            floats = split(case)
            if floats.timings or floats.absent:
                context.cases.append(floats)
