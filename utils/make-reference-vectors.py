#!/usr/bin/env python3
"""Computes the cases of the numeric contract with other programs, for the tests.

  utils/make-reference-vectors.py [NAME...]      (default: all of the names below)

The cases are those of test/Inputs/contract/cases.py; what a program gives is written to
test/Inputs/contract/NAME.npz, one array a case, and its versions to versions.json there.
The tests compare with these files and need none of the programs. Run it again where a
case was added or changed, in an environment that has them:

  python3 -m venv venv && venv/bin/pip install -r benchmarks/requirements.txt
  venv/bin/python utils/make-reference-vectors.py

onnx              onnx.reference.ReferenceEvaluator
ort               ONNX Runtime's CPU kernels, without graph optimizations (these fuse
                  pairs into kernels with another rule)
litert            LiteRT's reference kernels (BUILTIN_REF)
litert_optimized  LiteRT's optimized kernels without XNNPACK, where their rule is another

Upstream's lowering of TOSA is no file: Debian has mlir-opt-22, and the test runs it.
"""

import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "test" / "Inputs" / "contract"
sys.path.insert(0, str(FOLDER))
import cases as contract  # noqa: E402

DTYPES = {"i8": np.int8, "u8": np.uint8, "i16": np.int16, "i32": np.int32}
DTYPES["f32"] = np.float32
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def as_array(tensor):
    return np.array(tensor.values, DTYPES[tensor.dtype]).reshape(tensor.shape)


# ---------------------------------------------------------------------------------------
# ONNX
# ---------------------------------------------------------------------------------------


def onnx_model(case):
    """The case as an ONNX model; its inputs are `x0`, `x1`, its output is `y`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    types = {"i8": "INT8", "u8": "UINT8", "i16": "INT16", "i32": "INT32", "f32": "FLOAT"}
    element = lambda t: getattr(TensorProto, types[t.dtype])  # noqa: E731
    constants, nodes = [], []

    def parameters(name, tensor):
        dtype = DTYPES[tensor.dtype]
        for suffix, value in (
            ("scale", np.float32(tensor.scale)),
            ("zero", np.array(tensor.zero, dtype)),
        ):
            constants.append(numpy_helper.from_array(np.array(value), f"{name}_{suffix}"))
        return [f"{name}_scale", f"{name}_zero"]

    def node(op, inputs, *outputs):
        nodes.append(helper.make_node(op, inputs, list(outputs)))
        return outputs[0]

    out = case.output
    outputs = [("y", out)]
    if case.kind == "quantize":
        node("QuantizeLinear", ["x0", *parameters("y", out)], "y")
    elif case.kind == "dequantize":
        node("DequantizeLinear", ["x0", *parameters("x", case.inputs[0])], "y")
    elif case.kind == "matmul":
        constants.append(numpy_helper.from_array(as_array(case.weights), "w"))
        operands = ["x0", *parameters("x", case.inputs[0])]
        operands += ["w", *parameters("w", case.weights), *parameters("y", out)]
        node("QLinearMatMul", operands, "y")
    elif case.kind == "dynamic":
        node("DynamicQuantizeLinear", ["x0"], "y", "s", "z")
        u8 = contract.Tensor("u8", shape=out.shape)
        outputs = [("y", u8), ("s", contract.Tensor("f32")), ("z", contract.Tensor("u8"))]
    else:
        real = [
            node("DequantizeLinear", [f"x{i}", *parameters(f"x{i}", t)], f"r{i}")
            for i, t in enumerate(case.inputs)
        ]
        ops = {"add": "Add", "mul": "Mul", "sigmoid": "Sigmoid", "tanh": "Tanh"}
        node(ops[case.function or case.kind], real, "r")
        node("QuantizeLinear", ["r", *parameters("y", out)], "y")

    def infos(named, shape=None):
        return [
            helper.make_tensor_value_info(n, element(t), t.shape if shape is None else shape)
            for n, t in named
        ]

    inputs = [(f"x{i}", t) for i, t in enumerate(case.inputs)]
    if case.kind == "dynamic":  # run row by row
        size = case.inputs[0].shape[1]
        graph_inputs = infos(inputs, (size,))
        graph_outputs = infos(outputs[:1], (size,)) + infos(outputs[1:], ())
    else:
        graph_inputs, graph_outputs = infos(inputs), infos(outputs)
    graph = helper.make_graph(nodes, case.name, graph_inputs, graph_outputs, constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )


def run_onnx_case(case, run):
    """`run` takes inputs by name and gives a list of outputs."""
    if case.kind != "dynamic":
        inputs = {f"x{i}": as_array(t) for i, t in enumerate(case.inputs)}
        return {case.name: run(inputs)[0]}
    rows = [run({"x0": row}) for row in as_array(case.inputs[0])]
    q, s, z = (np.array([row[i] for row in rows]) for i in range(3))
    # Ours is signed storage: less 128.
    less = lambda a, dtype: (a.astype(np.int32) - 128).astype(dtype)  # noqa: E731
    return {
        case.name: less(q, np.int8),
        f"{case.name}.s": s.astype(np.float32),
        f"{case.name}.z": less(z, np.int32),
    }


def run_onnx(case):
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(onnx_model(case))
    with np.errstate(all="ignore"):
        return run_onnx_case(case, lambda inputs: evaluator.run(None, inputs))


def run_ort(case):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(
        onnx_model(case).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return run_onnx_case(case, lambda inputs: session.run(None, inputs))


# ---------------------------------------------------------------------------------------
# LiteRT
# ---------------------------------------------------------------------------------------


def litert_model(case):
    """The case as a .tflite file of one operation."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as fb

    types = {"i8": "INT8", "u8": "UINT8", "i16": "INT16", "i32": "INT32", "f32": "FLOAT32"}
    model, graph = fb.ModelT(), fb.SubGraphT()
    model.version = 3
    model.buffers = [fb.BufferT()]
    graph.tensors = []

    def add(name, tensor, shape, data=None):
        made = fb.TensorT()
        made.name, made.shape = name, list(shape)
        made.type = getattr(fb.TensorType, types[tensor.dtype])
        made.buffer = 0
        if data is not None:
            buffer = fb.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(buffer)
            made.buffer = len(model.buffers) - 1
        if tensor.dtype != "f32":
            made.quantization = fb.QuantizationParametersT()
            made.quantization.scale = [tensor.scale]
            made.quantization.zeroPoint = [tensor.zero]
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    shapes = {
        "pool": lambda t: (1, t.shape[0], 2, 1) if len(t.shape) == 2 else (1, t.shape[0], 1, 1),
        "matmul": lambda t: t.shape,
    }
    shape_of = shapes.get(case.kind, lambda t: (1, *t.shape))
    inputs = [add(f"x{i}", t, shape_of(t)) for i, t in enumerate(case.inputs)]
    operands = list(inputs)
    if case.kind == "matmul":
        weights = as_array(case.weights).T.copy()
        operands += [add("w", case.weights, weights.shape, weights), -1]
    output = add("y", case.output, shape_of(case.output))

    builtin = {
        "quantize": ("QUANTIZE", "QuantizeOptions"),
        "dequantize": ("DEQUANTIZE", "DequantizeOptions"),
        "requantize": ("QUANTIZE", "QuantizeOptions"),
        "add": ("ADD", "AddOptions"),
        "mul": ("MUL", "MulOptions"),
        "pool": ("AVERAGE_POOL_2D", "Pool2DOptions"),
        "matmul": ("FULLY_CONNECTED", "FullyConnectedOptions"),
        "sigmoid": ("LOGISTIC", None),
        "tanh": ("TANH", None),
    }
    name, options = builtin[case.function or case.kind]
    code = fb.OperatorCodeT()
    code.builtinCode = getattr(fb.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1
    operator = fb.OperatorT()
    operator.opcodeIndex = 0
    operator.inputs, operator.outputs = operands, [output]
    if options:
        operator.builtinOptionsType = getattr(fb.BuiltinOptions, options)
        operator.builtinOptions = getattr(fb, options + "T")()
    if case.kind == "pool":
        operator.builtinOptions.padding = fb.Padding.VALID
        operator.builtinOptions.strideW = operator.builtinOptions.filterWidth = 2
        operator.builtinOptions.strideH = operator.builtinOptions.filterHeight = 1
    graph.inputs, graph.outputs, graph.operators = inputs, [output], [operator]
    model.operatorCodes, model.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run_litert(case, resolver="BUILTIN_REF"):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=litert_model(case),
        experimental_op_resolver_type=OpResolverType[resolver],
        num_threads=1,
    )
    interpreter.allocate_tensors()
    for detail, tensor in zip(interpreter.get_input_details(), case.inputs):
        interpreter.set_tensor(detail["index"], as_array(tensor).reshape(detail["shape"]))
    interpreter.invoke()
    result = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return {case.name: result.reshape(case.output.shape)}


def run_litert_optimized(case):
    return run_litert(case, "BUILTIN_WITHOUT_DEFAULT_DELEGATES")


def main(names):
    from importlib import metadata

    programs = {
        "onnx": (run_onnx, "onnx"),
        "ort": (run_ort, "onnxruntime"),
        "litert": (run_litert, "ai-edge-litert"),
        "litert_optimized": (run_litert_optimized, "ai-edge-litert"),
    }
    versions_file = FOLDER / "versions.json"
    versions = json.loads(versions_file.read_text()) if versions_file.exists() else {}
    for name in names or programs:
        run, package = programs[name]
        arrays = {}
        for case in contract.make_cases(name):
            arrays.update(run(case))
        contract.write_packed(
            FOLDER / f"{name}.npz",
            {k: (NAMES[v.dtype.type], v.shape, v.tobytes()) for k, v in arrays.items()},
        )
        versions[name] = f"{package} {metadata.version(package)}"
        print(f"{name}.npz: {len(arrays)} arrays, {versions[name]}")
    versions_file.write_text(json.dumps(versions, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
