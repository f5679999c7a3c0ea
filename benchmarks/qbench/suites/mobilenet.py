"""MobileNetV1-0.25 at 96x96 with two classes, made here with random weights.

The network of MLPerf Tiny's visual wake words in shape, not in weights: they come from
a seeded generator, so times are those of the network and accuracy says how well each
quantizer keeps a random function. Made as ONNX; imported to linalg through IREE's
frontend, as a user would; written as an int8 .tflite for LiteRT.
"""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import sys

import numpy as np

from ..context import Context, first_line

NAME = "mobilenet_v1_025"
SIZE = 96
CLASSES = 2
#: Channels of the first layer, then (channels, stride) of each separable block.
FIRST = 8
BLOCKS = [
    (16, 1),
    (32, 2),
    (32, 1),
    (64, 2),
    (64, 1),
    (128, 2),
    *[(128, 1)] * 5,
    (256, 2),
    (256, 1),
]
#: torch-mlir's way from its dialect to linalg on tensors, as iree-opt carries it.
TO_LINALG = (
    "builtin.module(func.func(convert-torch-onnx-to-torch),"
    "torch-lower-to-backend-contract{backend-legal-ops=aten.flatten.using_ints,"
    "aten.unflatten.int decompose=true},func.func(torch-fuse-quantized-ops),"
    "func.func(torch-scalarize-shapes),func.func(convert-torch-to-tmtensor,"
    "convert-torch-to-linalg,convert-torch-to-scf,convert-torch-to-arith,"
    "convert-torch-to-tensor),convert-torch-conversion-to-mlprogram,"
    "func.func(memref-expand,canonicalize,resolve-shaped-type-result-dims,cse),"
    "torch-func-backend-type-conversion,"
    "func.func(canonicalize,torch-finalizing-backend-type-conversion,canonicalize,cse),"
    "symbol-dce)"
)


@dataclasses.dataclass
class Convolution:
    """One layer; weights are OxIxHxW, depthwise ones Cx1xHxW."""

    weights: np.ndarray
    bias: np.ndarray
    stride: int

    @property
    def is_depthwise(self) -> bool:
        return self.weights.shape[1] == 1


def layers() -> tuple[list[Convolution], np.ndarray, np.ndarray]:
    """All convolutions, and the weights and bias of the classifier."""
    random = np.random.default_rng(96)

    def convolution(inputs: int, outputs: int, size: int, stride: int) -> Convolution:
        fan = inputs * size * size
        weights = random.normal(0, np.sqrt(2 / fan), (outputs, inputs, size, size))
        return Convolution(
            weights.astype(np.float32),
            random.normal(0, 0.2, outputs).astype(np.float32),
            stride,
        )

    found = [convolution(3, FIRST, 3, 2)]
    channels = FIRST
    for outputs, stride in BLOCKS:
        found += [
            convolution(1, channels, 3, stride),
            convolution(channels, outputs, 1, 1),
        ]
        channels = outputs
    dense = random.normal(0, np.sqrt(1 / channels), (CLASSES, channels))
    return found, dense.astype(np.float32), np.zeros(CLASSES, np.float32)


def write_onnx(path: pathlib.Path) -> list[str]:
    """The network as ONNX, its input with channels innermost. Returns the names of the
    results of the convolutions."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    convolutions, dense, bias = layers()
    nodes, constants, names = [], [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    low, high = constant("low", np.float32(0)), constant("high", np.float32(6))
    nodes.append(helper.make_node("Transpose", ["input"], ["x"], perm=[0, 3, 1, 2]))
    x = "x"
    for i, layer in enumerate(convolutions):
        outputs, _, size, _ = layer.weights.shape
        # 'Same' padding: with a stride of two only below and to the right.
        before = 0 if layer.stride == 2 else (size - 1) // 2
        after = (size - 1) // 2
        nodes.append(
            helper.make_node(
                "Conv",
                [x, constant(f"w{i}", layer.weights), constant(f"b{i}", layer.bias)],
                [f"c{i}"],
                kernel_shape=[size, size],
                strides=[layer.stride] * 2,
                pads=[before, before, after, after],
                group=outputs if layer.is_depthwise else 1,
            )
        )
        x = f"r{i}"
        nodes.append(helper.make_node("Clip", [f"c{i}", low, high], [x]))
        names.append(x)
    nodes += [
        helper.make_node("GlobalAveragePool", [x], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node(
            "Gemm",
            ["flat", constant("wd", dense), constant("bd", bias)],
            ["logits"],
            transB=1,
        ),
        helper.make_node("Softmax", ["logits"], ["output"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        NAME,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, CLASSES])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    checker.check_model(model)
    save(model, str(path))
    return [*names, "logits"]


def images(count: int, seed: int) -> np.ndarray:
    """Smooth random pictures in [-1, 1]: blobs of several sizes and a little noise."""
    random = np.random.default_rng(seed)
    total = np.zeros((count, SIZE, SIZE, 3), np.float32)
    for cells in (3, 6, 12, 24):
        coarse = random.normal(0, 0.35, (count, cells, cells, 3))
        total += np.repeat(np.repeat(coarse, SIZE // cells, 1), SIZE // cells, 2)
    total += random.normal(0, 0.05, total.shape)
    return np.clip(total, -1, 1).astype(np.float32)


def write_mlir(onnx_model: pathlib.Path, path: pathlib.Path) -> None:
    """Imports the model to linalg on tensors."""
    from ..contenders import iree

    tool = pathlib.Path(sys.executable).parent / "iree-opt"
    torch_mlir = path.with_suffix(".torch.mlir")
    torch_mlir.write_text(iree.import_onnx(onnx_model))
    done = subprocess.run(
        [tool, torch_mlir, f"--pass-pipeline={TO_LINALG}", "-o", path],
        capture_output=True,
        text=True,
    )
    torch_mlir.unlink()
    if done.returncode != 0:
        raise iree.IreeError((done.stderr.strip().splitlines() or ["?"])[0][:300])


def ranges(
    onnx_model: pathlib.Path, names: list[str], samples: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Smallest and largest value of the named results over the samples."""
    import onnx
    import onnxruntime

    model = onnx.load(str(onnx_model))
    for name in names:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = {name: (0.0, 0.0) for name in names}
    for sample in samples:
        for name, value in zip(names, session.run(names, {"input": sample[None]})):
            low, high = found[name]
            found[name] = min(low, float(value.min())), max(high, float(value.max()))
    return found


def write_tflite(
    path: pathlib.Path, seen: dict[str, tuple[float, float]], samples: np.ndarray
) -> None:
    """The network in int8, with the ranges that calibration saw."""
    from ..tflite_writer import Writer

    convolutions, dense, bias = layers()
    writer = Writer()
    first = x = writer.activation(
        [1, SIZE, SIZE, 3], float(samples.min()), float(samples.max())
    )
    size = SIZE
    for i, layer in enumerate(convolutions):
        size = -(-size // layer.stride)
        y = writer.activation([1, size, size, layer.weights.shape[0]], *seen[f"r{i}"])
        if layer.is_depthwise:
            writer.depthwise(
                x,
                layer.weights.transpose(1, 2, 3, 0),
                layer.bias,
                y,
                layer.stride,
                relu6=True,
            )
        else:
            writer.convolution(
                x,
                layer.weights.transpose(0, 2, 3, 1),
                layer.bias,
                y,
                layer.stride,
                relu6=True,
            )
        x = y
    pooled = writer.average_pool(x, size)
    logits = writer.activation([1, CLASSES], *seen["logits"])
    writer.dense(pooled, dense, bias, logits)
    writer.write(path, first, writer.softmax(logits))


def make(context: Context) -> list[pathlib.Path]:
    """The folder of the model, made where it is missing; nothing where the peers that
    make it are absent."""
    if not context.selected("models", NAME):
        return []
    folder = context.cache / "models" / NAME
    if (folder / f"{NAME}.mlir").exists():
        return [folder]
    needed = {"ort": "makes the float outputs", "iree": "imports it"}
    for peer, why in needed.items():
        if not context.wants(peer):
            context.warn(f"models: {NAME} is left out: {peer} {why}")
            return []
    context.progress(f"models {NAME}: making it")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _write_all(folder, with_tflite=context.wants("litert"))
    except Exception as error:  # Peers may raise anything; go on without the model.
        context.warn(f"models: {NAME} cannot be made: {first_line(error)}")
        return []
    return [folder]


def _write_all(folder: pathlib.Path, with_tflite: bool) -> None:
    from ..contenders.ort import Session
    from ..contenders.ort_quantize import run_all

    onnx_model = folder / f"{NAME}.onnx"
    names = write_onnx(onnx_model)
    calibration, evaluation = images(128, 1), images(64, 2)
    session = Session(onnx_model)
    expected = run_all(session, [[image[None]] for image in evaluation])
    np.savez_compressed(folder / "calibration.npz", input=calibration)
    np.savez_compressed(
        folder / "evaluation.npz",
        input=evaluation,
        expected=expected.reshape(len(evaluation), CLASSES),
    )
    if with_tflite:
        seen = ranges(onnx_model, names, calibration)
        write_tflite(folder / f"{NAME}.int8.tflite", seen, calibration)
    # Last: its existence says that the folder is whole.
    part = folder / "part.mlir"
    write_mlir(onnx_model, part)
    part.rename(folder / f"{NAME}.mlir")
